import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.contracts import Calibration, IsotonicCalibration, PlattCalibration
from models.runtime.calibration import apply_calibration, batch_calibration

CURVE = IsotonicCalibration(logits=(-1.0, 0.0, 2.0), probs=(0.1, 0.1, 0.9))
MAPS: list[Calibration] = [
    PlattCalibration(method="platt", scale=2.0, shift=-0.5),
    CURVE,
    PlattCalibration(method="temperature", scale=0.3),
]
LOGITS = hnp.arrays(np.float32, (6, 4), elements=st.floats(-1e4, 1e4, width=32))


@given(LOGITS)
def test_a_batch_agrees_with_one_category_at_a_time(logits: np.ndarray) -> None:
    probs = batch_calibration(MAPS).apply(logits)
    columns = [apply_calibration(logits[:, i], one) for i, one in enumerate(MAPS)]
    np.testing.assert_allclose(probs, np.stack(columns, axis=1), atol=1e-6)


@given(LOGITS)
def test_probabilities_lie_between_0_and_1(logits: np.ndarray) -> None:
    probs = batch_calibration(MAPS).apply(logits)
    assert ((probs >= 0) & (probs <= 1)).all()


@pytest.mark.parametrize("calibration", MAPS)
@given(logits=hnp.arrays(np.float64, 20, elements=st.floats(-1e6, 1e6)))
def test_a_higher_logit_never_means_a_lower_probability(calibration: Calibration, logits: np.ndarray) -> None:
    probs = apply_calibration(np.sort(logits), calibration)
    assert (np.diff(probs) >= 0).all()


def test_the_ends_of_a_curve_are_flat() -> None:
    assert apply_calibration(np.array([-50.0, 50.0]), CURVE).tolist() == [0.1, 0.9]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_one_logit_that_is_not_finite_spoils_its_row_and_no_other(bad: float, column: int) -> None:
    logits = np.zeros((3, 4), dtype=np.float32)
    logits[1, column] = bad
    probs = batch_calibration(MAPS).apply(logits)
    assert np.isnan(probs).all(axis=1).tolist() == [False, True, False]
    assert not np.isnan(probs[[0, 2]]).any()


def test_an_auxiliary_column_that_is_not_finite_spoils_nothing() -> None:
    logits = np.zeros((1, 4), dtype=np.float32)
    logits[0, 3] = np.nan
    assert not np.isnan(batch_calibration(MAPS).apply(logits)).any()
