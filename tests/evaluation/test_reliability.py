import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from models.evaluation.reliability import (
    N_BINS,
    brier_score,
    equal_mass_bins,
    equal_width_bins,
    equal_width_calibration_error,
    expected_calibration_error,
    reliability_curve,
)

graded = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1)), min_size=1, max_size=80)


def arrays(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p for p, _ in pairs]) / 20.0, np.array([y for _, y in pairs])


def test_the_error_of_two_bins_is_what_a_person_computes() -> None:
    # One bin promises 0.2 and holds 1 of 4; the other promises 0.8 and holds 1 of 2: (4 * 0.05 + 2 * 0.3) / 6.
    probs, labels = np.array([0.2] * 4 + [0.8] * 2), np.array([1, 0, 0, 0, 1, 0])
    assert equal_width_calibration_error(probs, labels) == pytest.approx((4 * 0.05 + 2 * 0.3) / 6)


def test_scores_that_come_true_have_no_error() -> None:
    probs, labels = np.array([0.25] * 4 + [0.5] * 2), np.array([1, 0, 0, 0, 1, 0])
    assert expected_calibration_error(probs, labels) == pytest.approx(0.0)


def test_certain_and_wrong_is_an_error_of_one() -> None:
    assert expected_calibration_error(np.array([1.0, 0.0]), np.array([0, 1])) == 1.0


def test_bins_of_equal_mass_hold_equally_many_distinct_scores() -> None:
    bins = equal_mass_bins(np.linspace(0.0, 1.0, 10 * N_BINS))
    assert np.bincount(bins).tolist() == [10] * N_BINS


@given(graded)
def test_equal_scores_share_a_bin(pairs: list[tuple[int, int]]) -> None:
    probs, _ = arrays(pairs)
    bins = equal_mass_bins(probs)
    assert all(len(set(bins[probs == value])) == 1 for value in np.unique(probs))


def test_bins_of_equal_width_hold_their_own_ends() -> None:
    assert equal_width_bins(np.array([0.0, 0.49, 0.5, 1.0]), 2).tolist() == [0, 0, 1, 1]


@given(graded)
def test_the_error_lies_between_the_bias_and_one(pairs: list[tuple[int, int]]) -> None:
    probs, labels = arrays(pairs)
    for error in (expected_calibration_error(probs, labels), equal_width_calibration_error(probs, labels)):
        assert abs(probs.mean() - labels.mean()) - 1e-9 <= error <= 1.0


@given(graded)
def test_the_error_does_not_depend_on_the_order_of_rows(pairs: list[tuple[int, int]]) -> None:
    backwards = expected_calibration_error(*arrays(pairs[::-1]))
    assert backwards == pytest.approx(expected_calibration_error(*arrays(pairs)))


@given(graded)
def test_a_reliability_curve_accounts_for_every_row(pairs: list[tuple[int, int]]) -> None:
    probs, labels = arrays(pairs)
    curve = reliability_curve(probs, labels, equal_mass_bins(probs))
    assert curve.n_rows.sum() == len(labels)
    assert (curve.observed * curve.n_rows).sum() == pytest.approx(labels.sum())


@given(graded)
def test_brier_agrees_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    probs, labels = arrays(pairs)
    expected = brier_score_loss(labels, probs, pos_label=1, labels=[0, 1])
    assert brier_score(probs, labels) == pytest.approx(expected)
