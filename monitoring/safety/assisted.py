"""Assisted: prevalence from the reviewed sample and the scores of many more decisions together.

With `y` what people say of a sampled item and `p` its score, the mean of `p` over a large random part of all decisions
is moved by what the sample shows it to be off:

    theta = lambda mean_all(p) + mean_sample(y - lambda p)
    var   = lambda^2 var_all(p) / N + var_sample(y - lambda p) / n
    lambda = cov_sample(y, p) / ((1 + n / N) var_all(p))

It is unbiased whatever the scores are worth, since the second mean is over a random sample, and narrower the better
they are.

Source: Saerndal, Swensson & Wretman (1992), "Model assisted survey sampling", chapter 6; Angelopoulos et al. (2023),
"Prediction-powered inference"; Angelopoulos, Duchi & Zrnic (2023), "PPI++", for lambda.
"""

from typing import Final

import numpy as np

from monitoring.safety.intervals import Floats, Interval, Z

MIN_POSITIVES: Final = 10
"""Fewer harmful (or harmless) items and the mean of the sample is not normal enough for the interval."""


def assisted_share(yes: Floats, probs: Floats, weights: Floats, all_probs: Floats) -> Interval:
    """The share of harmful decisions.

    Args:
        yes: of the sample, 0 or 1. *Shape:* `(n,)`, at least 2.
        probs: scores of the same items. *Shape:* `(n,)`.
        weights: of the same items. *Shape:* `(n,)`.
        all_probs: scores of a random part of all decisions. *Shape:* `(N,)`, at least 2.

    """
    w = weights / weights.sum()
    size = 1.0 / float((w**2).sum())
    slope = _slope(yes, probs, w, all_probs, size)
    rest = yes - slope * probs
    off = float((w * rest).sum())
    share = slope * float(all_probs.mean()) + off
    spread = float((w * (rest - off) ** 2).sum()) * size / max(size - 1.0, 1.0)
    variance = slope**2 * float(all_probs.var()) / len(all_probs) + spread / size
    share, half = float(np.clip(share, 0.0, 1.0)), Z * float(np.sqrt(variance))
    return Interval(share, max(0.0, share - half), min(1.0, share + half))


def _slope(yes: Floats, probs: Floats, w: Floats, all_probs: Floats, size: float) -> float:
    """How far the scores are trusted: 0 where they say nothing, and then the sample stands alone."""
    spread = float(all_probs.var())
    if spread <= 0.0:
        return 0.0
    covariance = float((w * (yes - (w * yes).sum()) * (probs - (w * probs).sum())).sum())
    return covariance / ((1.0 + size / len(all_probs)) * spread)
