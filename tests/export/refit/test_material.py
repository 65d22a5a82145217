"""Material: the logistic curve that a head is fitted under."""

import numpy as np
import pytest

from models.contracts.bundle import IsotonicCalibration, PlattCalibration
from models.export.refit.material import nearest_logistic
from models.runtime.calibration import sigmoid


def isotonic(logits: list[float], probs: list[float]) -> IsotonicCalibration:
    return IsotonicCalibration(logits=tuple(logits), probs=tuple(probs))


def test_platts_own_numbers_are_kept() -> None:
    assert nearest_logistic(PlattCalibration(method="platt", scale=0.8, shift=-1.5)) == (0.8, -1.5)


def test_knots_on_a_logistic_curve_give_that_curve() -> None:
    knots = np.linspace(-4.0, 6.0, 12)
    found = nearest_logistic(isotonic(knots.tolist(), sigmoid(0.7 * knots - 1.0).tolist()))
    assert found == pytest.approx((0.7, -1.0))


def test_the_steep_middle_decides_and_not_flat_tails() -> None:
    middle = np.linspace(-2.0, 2.0, 9)
    knots = [-40.0, *middle.tolist(), 40.0]
    scale, shift = nearest_logistic(isotonic(knots, [1e-4, *sigmoid(1.2 * middle).tolist(), 1.0]))
    assert scale == pytest.approx(1.2, rel=0.2)
    assert shift == pytest.approx(0.0, abs=0.05)


def test_a_flat_curve_still_rises() -> None:
    assert nearest_logistic(isotonic([-1.0, 1.0], [0.3, 0.3]))[0] > 0
