"""Calibration as it is applied: logits to probabilities, for one category or a whole batch at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contracts.bundle import Calibration, IsotonicCalibration, PlattCalibration

Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]

MAX_EXPONENT = 700.0
"""`exp` of more than this overflows a float64."""


def apply_calibration(logits: NDArray[np.floating], calibration: Calibration) -> Float64s:
    """One category's probabilities.

    Args:
        logits: *Shape:* `(n,)`. NaN gives NaN.
        calibration: the category's map.

    Returns:
        *Shape:* `(n,)`, in [0, 1], never decreasing in the logit.

    """
    x = np.asarray(logits, dtype=np.float64)
    if isinstance(calibration, IsotonicCalibration):
        return np.asarray(np.interp(x, calibration.logits, calibration.probs), dtype=np.float64)
    return sigmoid(calibration.scale * x + calibration.shift)


def sigmoid(scores: NDArray[np.floating]) -> Float64s:
    """`1 / (1 + exp(-x))`, without overflow at the ends. *Shape:* any, kept."""
    probs: Float64s = 1.0 / (1.0 + np.exp(-np.clip(scores, -MAX_EXPONENT, MAX_EXPONENT)))
    return probs


@dataclass(frozen=True)
class BatchCalibration:
    """The maps of all categories of a bundle, laid out so that a batch costs a few numpy calls.

    Attributes:
        scales: *Shape:* `(n_labels,)`; 1 where the map is isotonic.
        shifts: *Shape:* `(n_labels,)`; 0 where the map is isotonic.
        curves: the isotonic maps by column.

    """

    scales: Float64s
    shifts: Float64s
    curves: tuple[tuple[int, Float64s, Float64s], ...]

    def apply(self, logits: Float32s) -> Float32s:
        """Calibrated probabilities; a row with any logit that is not finite becomes all NaN.

        Args:
            logits: *Shape:* `(n, k)`, `k >= n_labels`; columns after the labels are ignored.

        Returns:
            *Shape:* `(n, n_labels)`, in [0, 1] or a whole row of NaN.

        """
        x = logits[:, : len(self.scales)].astype(np.float64)
        probs = sigmoid(x * self.scales + self.shifts)
        for column, knots, values in self.curves:
            probs[:, column] = np.interp(x[:, column], knots, values)
        finite = np.isfinite(x)
        if not finite.all():
            probs[~finite.all(axis=1)] = np.nan
        return probs.astype(np.float32)


def batch_calibration(maps: Sequence[Calibration]) -> BatchCalibration:
    """Lay the maps out by output column."""
    platt = [one if isinstance(one, PlattCalibration) else None for one in maps]
    return BatchCalibration(
        scales=np.array([one.scale if one else 1.0 for one in platt]),
        shifts=np.array([one.shift if one else 0.0 for one in platt]),
        curves=tuple(
            (column, np.array(one.logits), np.array(one.probs))
            for column, one in enumerate(maps)
            if isinstance(one, IsotonicCalibration)
        ),
    )
