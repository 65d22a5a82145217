"""What holds for every sample, whatever it says."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitoring.quality.curves import areas, calibration_error
from monitoring.safety.answering import weigh_answers
from monitoring.safety.intervals import weighted_share

N = 24
ANSWERS = arrays(np.float64, N, elements=st.sampled_from([0.0, 1.0]))
WEIGHTS = arrays(np.float64, N, elements=st.floats(0.1, 100.0))
PROBS = arrays(np.float64, N, elements=st.floats(0.0, 1.0).map(lambda prob: round(prob, 2)))


@given(ANSWERS, WEIGHTS)
def test_a_share_lies_in_its_interval_and_the_interval_between_zero_and_one(
    yes: np.ndarray, weights: np.ndarray
) -> None:
    found = weighted_share(yes, weights)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


@given(ANSWERS, WEIGHTS, st.floats(0.01, 100.0), st.permutations(range(N)))
def test_a_share_depends_neither_on_the_order_nor_on_the_unit_of_weights(
    yes: np.ndarray, weights: np.ndarray, factor: float, order: list[int]
) -> None:
    one, other = weighted_share(yes, weights), weighted_share(yes[order], weights[order] * factor)
    assert np.allclose([one.value, one.low, one.high], [other.value, other.low, other.high], atol=1e-9)


@given(
    arrays(np.float64, N, elements=st.sampled_from([0.0, 1.0, np.nan])), arrays(np.int64, N, elements=st.integers(0, 3))
)
def test_answers_stand_for_everything_that_is_not_unknown(values: np.ndarray, cells: np.ndarray) -> None:
    answers = weigh_answers(values, np.full(N, 5.0), cells)
    assert np.isclose(answers.weights.sum() + answers.unknown * 5.0 * N, 5.0 * N)


@given(ANSWERS, PROBS)
def test_areas_do_not_depend_on_the_scale_of_scores(yes: np.ndarray, probs: np.ndarray) -> None:
    ones = np.ones((1, N))
    for mine, other in zip(areas(probs, yes, ones), areas(probs**3 / 2 + 0.1 * probs, yes, ones), strict=True):
        assert np.allclose(mine, other, equal_nan=True)


@given(ANSWERS, PROBS)
def test_scores_that_are_the_labels_have_no_calibration_error(yes: np.ndarray, probs: np.ndarray) -> None:
    ones = np.ones((1, N))
    assert calibration_error(yes, yes, ones)[0] == 0.0
    assert 0.0 <= calibration_error(probs, yes, ones)[0] <= 1.0
