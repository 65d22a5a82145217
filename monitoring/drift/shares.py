"""Shares: whether a part of the rows became larger or smaller. Exact where it is rare."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr, xlogy

Float64s = NDArray[np.float64]

EXACT_BELOW: Final = 100.0
"""Expected rows of the window, inside or outside, below which a share is tested exactly when it looks unlikely."""
_LOOKS_UNLIKELY: Final = 0.02
_MAX_TERMS: Final = 4000


def share_p_values(now: Float64s, n_now: Float64s, was: Float64s, n_was: Float64s) -> Float64s:
    """Two-sided p-values for "these shares are equal", one a pair of counts.

    The signed root of the likelihood ratio, which is good far out in the tail where cells are well filled (Wilks 1938);
    Fisher's exact test, doubled, where they are not and it decides something.

    Args:
        now: rows of the window that belong. *Shape:* `(k,)`.
        n_now: all its rows. *Shape:* `(k,)`.
        was: rows of the reference that belong. *Shape:* `(k,)`.
        n_was: all its rows. *Shape:* `(k,)`. Where either is 0, nothing is said: 1.0.

    """
    known = (n_now > 0) & (n_was > 0)
    n_now, n_was = np.where(known, n_now, 1.0), np.where(known, n_was, 1.0)
    now, was = np.where(known, np.minimum(now, n_now), 0.0), np.where(known, np.minimum(was, n_was), 0.0)
    p_values = 2.0 * ndtr(-np.sqrt(np.maximum(g_statistics(now, n_now, was, n_was), 0.0)))
    expected = n_now * (now + was) / (n_now + n_was)
    thin = np.minimum(expected, n_now - expected) < EXACT_BELOW
    for index in np.flatnonzero(thin & (p_values < _LOOKS_UNLIKELY)):
        p_values[index] = fisher(float(now[index]), float(n_now[index]), float(was[index]), float(n_was[index]))
    return np.asarray(np.where(known, np.minimum(p_values, 1.0), 1.0))


def g_statistics(now: Float64s, n_now: Float64s, was: Float64s, n_was: Float64s) -> Float64s:
    """The likelihood ratio statistic of each 2 x 2 table (G-test, one degree of freedom)."""
    total = (now + was) / (n_now + n_was)
    statistic = sum(
        xlogy(cell, cell) - xlogy(cell, np.where(cell > 0, expected, 1.0))
        for cell, expected in (
            (now, n_now * total),
            (n_now - now, n_now * (1 - total)),
            (was, n_was * total),
            (n_was - was, n_was * (1 - total)),
        )
    )
    return np.asarray(2.0 * statistic, dtype=float)


def fisher(now: float, n_now: float, was: float, n_was: float) -> float:
    """Fisher's exact test of two shares, two-sided by doubling the smaller tail.

    Source: Fisher 1934, "Statistical Methods for Research Workers"; doubling: Agresti 2002, section 3.5.
    """
    k, n, m, big_n = round(now), round(n_now), round(now + was), round(n_now + n_was)
    lowest, highest = max(0, n - (big_n - m)), min(m, n)
    is_high = k * big_n >= m * n
    x = np.arange(k, min(highest, k + _MAX_TERMS) + 1) if is_high else np.arange(max(lowest, k - _MAX_TERMS), k + 1)
    logs = _log_choose(m, x) + _log_choose(big_n - m, n - x) - _log_choose(big_n, np.array(n))
    return float(min(1.0, 2.0 * np.exp(logs).sum()))


def cohens_h(now: Float64s | float, was: Float64s | float) -> Float64s:
    """How far apart two shares are on a scale on which chance is the same everywhere; 0.2 is called small.

    Source: Cohen 1988, "Statistical Power Analysis for the Behavioral Sciences", chapter 6.
    """
    return np.asarray(2.0 * (np.arcsin(np.sqrt(now)) - np.arcsin(np.sqrt(was))), dtype=float)


def _log_choose(n: int, k: NDArray[np.int64]) -> Float64s:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0), dtype=float)
