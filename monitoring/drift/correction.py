"""Correction for many tests: Holm's step-down procedure."""

import numpy as np
from numpy.typing import NDArray

Float64s = NDArray[np.float64]


def holm(p_values: Float64s) -> Float64s:
    """Adjust p-values so that the chance of any false one stays below the level, however tests depend on each other.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    n = len(p_values)
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(n, 0, -1)
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
