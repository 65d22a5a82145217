"""Rhythm: when posts arrive over simulated days."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

HOURS: Final = 24
SWING: Final = 0.6
"""How far the busiest hour lies above the mean, and the quietest below it."""
PEAK_HOUR: Final = 20
"""Evening, as on most sites where people post after work."""


def hourly_shares() -> NDArray[np.float64]:
    """Share of a day's posts by hour of the day. *Shape:* `(24,)`, sums to 1."""
    angles = (np.arange(HOURS) + 0.5 - PEAK_HOUR) * (2 * math.pi / HOURS)
    shares = 1.0 + SWING * np.cos(angles)
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def arrivals(n_days: int, posts_a_day: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Moments of posts in hours since the first midnight, ascending.

    Posts of an hour are Poisson around the hour's share, so days differ in number by chance as real ones do.

    Args:
        n_days: one or more.
        posts_a_day: on average.
        rng: decides.

    """
    counts = rng.poisson(np.tile(hourly_shares() * posts_a_day, n_days))
    starts = np.repeat(np.arange(n_days * HOURS), counts)
    return np.sort(starts + rng.random(len(starts)))
