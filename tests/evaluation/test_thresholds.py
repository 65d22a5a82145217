import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import OperatingPoint, ThresholdTable
from models.contracts.taxonomy import Category
from models.evaluation.thresholds import (
    MISS_COSTS,
    N_DOUBTED,
    choose_thresholds,
    expected_cost,
    promises,
    threshold_curve,
)

P, B, R = OperatingPoint.PRECISION, OperatingPoint.BALANCED, OperatingPoint.RECALL
Pairs = list[tuple[int, int]]
graded: st.SearchStrategy[Pairs] = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 1)), max_size=80)


def arrays(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p for p, _ in pairs], dtype=np.float64) / 50.0, np.array([y for _, y in pairs], dtype=np.int64)


def price(flagged: np.ndarray, harm: np.ndarray, miss_cost: float) -> float:
    """What a decision costs when rows are harmful with these probabilities."""
    return float((1.0 - harm)[flagged].sum() + miss_cost * harm[~flagged].sum())


def test_honest_probabilities_get_the_thresholds_that_their_costs_promise() -> None:
    # At every score as many positives as it promises, 1,000 rows each: looking adds nothing.
    levels = np.arange(1, 20) / 20.0
    probs = np.repeat(levels, 1000)
    labels = np.concatenate([np.arange(1000) < round(1000 * level) for level in levels]).astype(np.int64)
    points = choose_thresholds(probs, labels)
    assert points == {
        R: pytest.approx(0.1, abs=1e-5), B: pytest.approx(0.4, abs=1e-5), P: pytest.approx(0.8, abs=1e-5)
    }  # fmt: skip


def test_many_rows_correct_a_calibration_that_is_wrong() -> None:
    # Half of the rows at 0.1 are harmful: at one and a half false alarms a miss they are flagged after all.
    probs = np.repeat([0.1, 0.02], 2000)
    labels = np.concatenate([np.arange(2000) < 1000, np.zeros(2000)]).astype(np.int64)
    assert choose_thresholds(probs, labels)[B] == pytest.approx(0.1, abs=1e-5)


def test_few_positives_do_not_pull_a_threshold_far_from_the_promise() -> None:
    # Three positives at 0.004 among 300 rows: at the lowest empirical cost alone the recall point would be 0.004.
    probs = np.concatenate([np.full(3, 0.004), np.full(297, 0.003)])
    labels = np.concatenate([np.ones(3), np.zeros(297)]).astype(np.int64)
    assert choose_thresholds(probs, labels)[R] == pytest.approx(0.1)


def test_a_dearer_miss_is_flagged_from_a_lower_score() -> None:
    levels = np.arange(1, 100) / 100.0
    probs = np.repeat(levels, 400)
    labels = np.concatenate([np.arange(400) < round(400 * level) for level in levels]).astype(np.int64)
    points = choose_thresholds(probs, labels, gravity=4.0)
    assert points == pytest.approx(promises(4.0), abs=0.011)
    assert promises(4.0)[B] == pytest.approx(1.0 / 7.0)
    assert all(points[point] < choose_thresholds(probs, labels)[point] for point in points)


def test_between_two_scores_that_are_far_apart_the_threshold_is_the_promise() -> None:
    probs, labels = np.repeat([0.97, 0.01], 500), np.repeat([1, 0], 500)
    assert choose_thresholds(probs, labels) == pytest.approx(promises())


@pytest.mark.parametrize("labels", [[], [0, 0], [1, 1]])
def test_a_sample_with_one_class_gets_the_fallback(labels: list[int]) -> None:
    assert choose_thresholds(np.full(len(labels), 0.4), np.array(labels, dtype=np.int64)) == promises()


@given(graded)
def test_the_points_rise_and_are_legal_thresholds(pairs: Pairs) -> None:
    points = choose_thresholds(*arrays(pairs))
    table = ThresholdTable(categories={Category.HATE: points})  # Checks order, range and completeness.
    assert table.categories[Category.HATE] == points


@given(graded)
def test_the_points_do_not_depend_on_the_order_of_rows(pairs: Pairs) -> None:
    assert choose_thresholds(*arrays(pairs[::-1])) == choose_thresholds(*arrays(pairs))


@given(graded.map(lambda pairs: [*pairs, (20, 0), (30, 1)] * 40))
def test_with_many_rows_no_other_threshold_costs_much_less(pairs: Pairs) -> None:
    probs, labels = arrays(pairs)
    points = choose_thresholds(probs, labels)
    weight = min(labels.sum(), len(labels) - labels.sum())
    weight = weight / (weight + N_DOUBTED)
    believed = weight * labels + (1.0 - weight) * probs
    for point, cost in MISS_COSTS.items():
        prices = [price(probs >= bar, believed, cost) for bar in [*np.unique(probs), 1.0]]
        assert price(probs >= points[point], believed, cost) == pytest.approx(min(prices))


@given(graded.map(lambda pairs: [*pairs, (20, 0), (30, 1)]))
def test_the_dearer_a_miss_the_more_is_flagged(pairs: Pairs) -> None:
    probs, labels = arrays(pairs)
    points = choose_thresholds(probs, labels)
    flagged = [(probs >= points[point]).sum() for point in (P, B, R)]
    assert flagged == sorted(flagged)


def test_the_price_of_a_decision_counts_misses_as_often_as_they_cost() -> None:
    flagged, labels = np.array([True, False, False, True]), np.array([1, 1, 0, 0])
    assert expected_cost(flagged, labels, 2.0) == pytest.approx((2.0 * 1 + 1) / 4)


def test_a_row_stays_flagged_when_its_score_is_rounded_to_float32() -> None:
    # At 0.2 all of many rows are harmful, so that it is the threshold.
    probs, labels = np.repeat([0.2, 0.1], 5000), np.repeat([1, 0], 5000)
    assert 0.15 < choose_thresholds(probs, labels)[B] <= float(np.float32(0.2) - np.float32(1e-7))


def test_a_curve_counts_equal_scores_together() -> None:
    curve = threshold_curve(np.array([0.5, 0.5, 0.2]), np.array([1, 0, 0]))
    assert curve.thresholds.tolist() == [0.5, 0.2]
    assert curve.counts.true_positives.tolist() == [1.0, 1.0]
    assert curve.counts.false_positives.tolist() == [1.0, 2.0]
    assert curve.counts.true_negatives.tolist() == [1.0, 0.0]


def test_a_probability_outside_the_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        choose_thresholds(np.array([1.5]), np.array([1]))


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one entry a row"):
        choose_thresholds(np.array([0.5]), np.array([1, 0]))
