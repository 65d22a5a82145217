"""Ranks: whether numbers moved, by rank and by the distance between their distributions. Both are told by counts."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import kolmogorov, ndtr

Float64s = NDArray[np.float64]

LOOKS_UNLIKELY: Final = 0.01
"""P-value from which down the tail is computed with care."""
_INSIDE: Final = 0.999
"""Of the largest value: a mean beyond it has no saddlepoint."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What a test of ranks found. `effect` has a sign: positive where the window's values are higher."""

    statistic: float
    p_value: float
    effect: float
    cells: Float64s


def location(now: Float64s, was: Float64s) -> Shift:
    """Whether a row of the window ranks higher than one of the reference: Mann and Whitney's test, with ties.

    The effect is the area under the curve less one half. Where chance looks unlikely the tail is computed by
    saddlepoint: a column that is nearly always zero has a skewed mean, and its normal tail would be far too thin.

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
    p_value = float(2.0 * ndtr(-abs(z)))
    if p_value < LOOKS_UNLIKELY:
        apart = float(now @ ranks / n - was @ ranks / m)
        p_value = min(1.0, 2.0 * tail(ranks - together @ ranks, together, apart, n * m / (n + m)))
    return Shift(float(z), p_value, float(now @ before / n) - 0.5, before)


def tail(values: Float64s, chances: Float64s, mean: float, n: float) -> float:
    """The chance that `n` draws have a mean at least this far from 0, on its side.

    Args:
        values: that a draw can have, centred. *Shape:* `(cells,)`.
        chances: of each.
        mean: that was seen; not 0.
        n: draws.

    Source: Lugannani and Rice 1980, "Saddle point approximation for the distribution of the sum of independent random
    variables".

    """
    values, mean = (values, mean) if mean > 0 else (-values, -mean)
    values, chances = values[chances > 0], chances[chances > 0]
    highest = float(values.max())
    mean = min(mean, _INSIDE * highest)
    upper = 1.0 / highest
    while _tilted(values, chances, upper)[1] < mean:
        upper *= 2.0
    point = float(brentq(lambda at: _tilted(values, chances, at)[1] - mean, 0.0, upper, xtol=1e-10 * upper))
    height, _, spread = _tilted(values, chances, point)
    w = float(np.sqrt(max(2.0 * n * (point * mean - height), 1e-12)))
    v = point * float(np.sqrt(n * spread))
    correction = float(np.exp(-w * w / 2) / np.sqrt(2 * np.pi)) * (1 / v - 1 / w) if v > 0 else 0.0
    return float(min(max(ndtr(-w) + correction, 0.0), 1.0))


def _tilted(values: Float64s, chances: Float64s, at: float) -> tuple[float, float, float]:
    """Logarithm of the moment generating function at a point, and mean and variance of the tilted distribution."""
    exponents = at * values
    largest = float(exponents.max())
    weights = chances * np.exp(exponents - largest)
    total = float(weights.sum())
    mean = float(weights @ values) / total
    return float(np.log(total)) + largest, mean, float(weights @ (values - mean) ** 2) / total


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
