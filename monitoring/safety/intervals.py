"""Intervals of shares: exact for plain samples, with an effective sample size for weighted ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, norm

from monitoring.safety.metric import CONFIDENCE

Floats = NDArray[np.float64]

TAIL = (1.0 - CONFIDENCE) / 2.0
"""Chance on either side of an interval."""
Z = float(norm.isf(TAIL))
"""Standard deviations on either side of a normal interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A share, or another number, between two bounds."""

    value: float
    low: float
    high: float


def wilson(n_yes: float, n: float) -> Interval:
    """A share with the score interval, which holds its level on average, also near 0 and 1.

    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference"; Brown, Cai &
    DasGupta (2001), "Interval estimation for a binomial proportion".

    Args:
        n_yes: successes, in [0, n].
        n: trials, more than 0.

    """
    share, z2 = n_yes / n, Z * Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Interval(share, float(min(share, max(0.0, centre - half))), float(max(share, min(1.0, centre + half))))


def clopper_pearson(n_yes: float, n: float) -> Interval:
    """A share with the exact interval, which holds at least its level for every true share.

    Source: Clopper & Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of the
    binomial"; bounds as quantiles of the beta distribution, which take an effective `n` that is no whole number.

    """
    low = 0.0 if n_yes <= 0 else float(beta.ppf(TAIL, n_yes, n - n_yes + 1))
    high = 1.0 if n_yes >= n else float(beta.isf(TAIL, n_yes + 1, n - n_yes))
    return Interval(n_yes / n, low, high)


def weighted_share(yes: Floats, weights: Floats) -> Interval:
    """The share `sum(w y) / sum(w)` of a weighted sample, with the exact interval at its effective size.

    The effective size is `p (1 - p) / var`, with the linearised variance `n/(n-1) sum(w^2 (y - p)^2) / sum(w)^2`; where
    all values are equal, Kish's `sum(w)^2 / sum(w^2)`. It is never more than `n`.

    Source: Korn & Graubard (1998), "Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data"; Kish (1965), "Survey sampling", section 11.7.

    Args:
        yes: *Shape:* `(n,)`, 0 or 1; `n` is at least 1.
        weights: *Shape:* `(n,)`, not negative, their sum more than 0.

    """
    kept = weights > 0
    yes, weights = yes[kept], weights[kept]
    n, total = len(yes), weights.sum()
    share = float(np.clip((weights * yes).sum() / total, 0.0, 1.0))
    size = float(total**2 / (weights**2).sum())
    if 0.0 < share < 1.0 and n > 1:
        variance = n / (n - 1) * float((weights**2 * (yes - share) ** 2).sum() / total**2)
        size = share * (1.0 - share) / variance
    return clopper_pearson(share * min(size, n), min(size, n))
