import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import OperatingPoint, ThresholdTable
from models.contracts.taxonomy import Category
from models.evaluation.thresholds import FALLBACK, choose_thresholds, threshold_curve

P, B, R = OperatingPoint.PRECISION, OperatingPoint.BALANCED, OperatingPoint.RECALL
Pairs = list[tuple[int, int]]
graded: st.SearchStrategy[Pairs] = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 1)), max_size=80)


def arrays(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p for p, _ in pairs], dtype=np.float64) / 50.0, np.array([y for _, y in pairs], dtype=np.int64)


def f1(labels: np.ndarray, flagged: np.ndarray) -> float:
    return 2.0 * (labels[flagged] == 1).sum() / (flagged.sum() + labels.sum())


def test_the_points_of_a_small_sample_are_what_a_person_chooses() -> None:
    # Ten positives. Down to 0.8: 8 of 8 right. Down to 0.6: 9 of 11 (recall 0.9). Down to 0.2: 10 of 20.
    probs = np.array([0.8] * 8 + [0.6] * 3 + [0.2] * 9)
    labels = np.array([1] * 8 + [1, 0, 0] + [1] + [0] * 8)
    points = choose_thresholds(probs, labels)
    assert points == {R: pytest.approx(0.6, abs=1e-5), B: pytest.approx(0.8, abs=1e-5), P: pytest.approx(0.8, abs=1e-5)}


def test_the_recall_point_is_not_above_the_balanced_one() -> None:
    # Nine of ten positives share the top score, but F1 is highest further down, where recall is 1.
    probs = np.array([0.9] * 9 + [0.5])
    labels = np.ones(10, dtype=np.int64)
    points = choose_thresholds(np.append(probs, 0.1), np.append(labels, 0))
    assert points[B] == pytest.approx(0.5, abs=1e-5)
    assert points[R] == points[B]


def test_precision_out_of_reach_falls_back_to_the_promise_of_the_calibration() -> None:
    points = choose_thresholds(np.array([0.6, 0.6, 0.1]), np.array([1, 0, 0]))
    assert points[P] == pytest.approx(FALLBACK[P], abs=1e-5)


@pytest.mark.parametrize("labels", [[], [0, 0], [1, 1]])
def test_a_sample_with_one_class_gets_the_fallback(labels: list[int]) -> None:
    assert choose_thresholds(np.full(len(labels), 0.4), np.array(labels, dtype=np.int64)) == FALLBACK


@given(graded)
def test_the_points_rise_and_are_legal_thresholds(pairs: Pairs) -> None:
    points = choose_thresholds(*arrays(pairs))
    table = ThresholdTable(categories={Category.HATE: points})  # Checks order, range and completeness.
    assert table.categories[Category.HATE] == points


@given(graded)
def test_the_points_do_not_depend_on_the_order_of_rows(pairs: Pairs) -> None:
    assert choose_thresholds(*arrays(pairs[::-1])) == choose_thresholds(*arrays(pairs))


@given(graded.map(lambda pairs: [*pairs, (20, 0), (30, 1)]))
def test_no_other_threshold_has_a_higher_f1_than_the_balanced_point(pairs: Pairs) -> None:
    probs, labels = arrays(pairs)
    chosen = f1(labels, probs >= choose_thresholds(probs, labels)[B])
    assert chosen == pytest.approx(max(f1(labels, probs >= score) for score in np.unique(probs)))


@given(graded.map(lambda pairs: [*pairs, (20, 0), (30, 1)]))
def test_the_recall_point_finds_nine_in_ten_positives(pairs: Pairs) -> None:
    probs, labels = arrays(pairs)
    assert (probs[labels == 1] >= choose_thresholds(probs, labels)[R]).mean() >= 0.9


@given(graded.map(lambda pairs: [*pairs, (20, 0), (30, 1)]))
def test_the_precision_point_is_right_nine_times_in_ten_or_is_the_fallback(pairs: Pairs) -> None:
    probs, labels = arrays(pairs)
    point = choose_thresholds(probs, labels)[P]
    flagged = probs >= point
    assert point >= 0.9 - 1e-5 or labels[flagged].mean() >= 0.9


def test_a_row_stays_flagged_when_its_score_is_rounded_to_float32() -> None:
    probs, labels = np.array([0.7, 0.1]), np.array([1, 0])
    served = float(np.float32(0.7))
    assert choose_thresholds(probs, labels)[B] <= served < 0.7


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
