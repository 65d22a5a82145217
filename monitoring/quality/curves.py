"""Curves: ranking and calibration of weighted labels, for many resamples at once.

Every function takes row weights of *Shape:* `(r, n)` and answers with *Shape:* `(r,)`; NaN where a resample leaves the
value undefined.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.safety.intervals import Floats

MAX_BINS: Final = 15
ROWS_A_BIN: Final = 20
"""Fewer rows in a bin and the calibration error mostly measures noise."""


def areas(probs: Floats, yes: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Average precision, not interpolated, and ROC-AUC; tied scores are one threshold in both.

    Source: Davis & Goadrich (2006), "The relationship between precision-recall and ROC curves"; Hanley & McNeil
    (1982), "The meaning and use of the area under a receiver operating characteristic curve".

    Args:
        probs: *Shape:* `(n,)`, finite.
        yes: *Shape:* `(n,)`, 0 or 1.
        weights: *Shape:* `(r, n)`, not negative.

    """
    order = np.argsort(-probs, kind="stable")
    ordered, right = weights[:, order], yes[order]
    ends = np.append(np.flatnonzero(np.diff(probs[order])), len(probs) - 1)
    hits = np.cumsum(ordered * right, axis=1)[:, ends]
    alarms = np.cumsum(ordered * (1.0 - right), axis=1)[:, ends]
    positives, negatives = hits[:, -1], alarms[:, -1]
    new_hits, new_alarms = np.diff(hits, axis=1, prepend=0.0), np.diff(alarms, axis=1, prepend=0.0)
    pr_auc = (new_hits * ratio(hits, hits + alarms)).sum(axis=1)
    beaten = (new_alarms * (hits - new_hits / 2.0)).sum(axis=1)
    return ratio(pr_auc, positives, np.nan), ratio(beaten, positives * negatives, np.nan)


def precision_recall(flagged: NDArray[np.bool_], yes: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Share of flags that are right, and share of positives that are flagged.

    Args:
        flagged: *Shape:* `(n,)`.
        yes: *Shape:* `(n,)`, 0 or 1.
        weights: *Shape:* `(r, n)`.

    """
    hits = weights @ (flagged * yes)
    return ratio(hits, weights @ flagged.astype(np.float64), np.nan), ratio(hits, weights @ yes, np.nan)


def brier(probs: Floats, yes: Floats, weights: Floats) -> Floats:
    """Mean squared difference of score and label.

    Source: Brier (1950), "Verification of forecasts expressed in terms of probability".
    """
    return ratio(weights @ (probs - yes) ** 2, weights.sum(axis=1), np.nan)


def calibration_error(probs: Floats, yes: Floats, weights: Floats) -> Floats:
    """`sum_b (w_b / w) |mean of labels - mean of scores in b|` over bins with about as many rows each.

    At most 15 bins, fewer where there are fewer than 300 rows. It is biased upwards on small samples.

    Source: Naeini, Cooper & Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian binning"; bins
    of equal mass as in docs/evaluation.md.

    """
    n_bins = max(1, min(MAX_BINS, len(probs) // ROWS_A_BIN))
    edges = np.quantile(probs, np.linspace(0.0, 1.0, n_bins + 1)[1:-1])
    bins = np.searchsorted(edges, probs, side="right")
    member = (bins[:, None] == np.arange(n_bins)).astype(np.float64)
    return ratio(np.abs((weights * (yes - probs)) @ member).sum(axis=1), weights.sum(axis=1), np.nan)


def ratio(numerator: Floats, denominator: Floats, without: float = 0.0) -> Floats:
    """Elementwise quotient, and what it is where the denominator is 0."""
    out: Floats = np.full_like(numerator, without)
    np.divide(numerator, denominator, out=out, where=denominator > 0)
    return out
