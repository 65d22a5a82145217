"""Ranks: whether numbers moved, by rank and by the distance between their distributions. Both are told by counts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov, ndtr

Float64s = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shift:
    """What a test of ranks found. `effect` has a sign: positive where the window's values are higher."""

    statistic: float
    p_value: float
    effect: float
    cells: Float64s


def location(now: Float64s, was: Float64s) -> Shift:
    """Whether a row of the window ranks higher than one of the reference: Mann and Whitney's test, with ties.

    The effect is the area under the curve less one half. Mid-ranks are bounded, so the normal tail holds far out.

    Args:
        now: rows of the window in each cell, in the order of values. *Shape:* `(cells,)`.
        was: the same of the reference.

    Source: Mann and Whitney 1947; ties: Lehmann 1975, "Nonparametrics", section 1.4.

    """
    n, m = now.sum(), was.sum()
    together = (now + was) / (n + m)
    ranks = np.cumsum(together) - together / 2
    spread = float(together @ (ranks - together @ ranks) ** 2)
    if not spread:
        return Shift(0.0, 1.0, 0.0, ranks)
    before = np.cumsum(was / m) - was / m / 2
    z = float(now @ ranks / n - was @ ranks / m) / np.sqrt(spread * (1 / n + 1 / m))
    return Shift(float(z), float(2.0 * ndtr(-abs(z))), float(now @ before / n) - 0.5, before)


def distance(now: Float64s, was: Float64s) -> Shift:
    """The largest distance between the two distributions: Kolmogorov and Smirnov's test; on the safe side with ties.

    Source: Smirnov 1948, "Table for estimating the goodness of fit of empirical distributions".
    """
    n, m = now.sum(), was.sum()
    gaps = np.cumsum(was / m) - np.cumsum(now / n)
    place = int(np.argmax(np.abs(gaps)))
    effect = float(gaps[place])
    statistic = abs(effect) * float(np.sqrt(n * m / (n + m)))
    above = (np.arange(len(now)) > place).astype(float)
    return Shift(statistic, float(kolmogorov(statistic)), effect, above)
