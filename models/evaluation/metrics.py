"""Metrics: ranking areas and decision scores of one category, for one sample or many weighted resamples at once.

Every function takes optional row weights of *Shape:* `(r, n)` and answers with `(r,)` values, so that a bootstrap costs
one sort and a few cumulative sums instead of `r` calls. NaN marks a resample in which the value is undefined.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Areas:
    """Areas under the precision-recall and the ROC curve, one value a resample. *Shape:* `(r,)` each."""

    pr_auc: Floats
    roc_auc: Floats


@dataclass(frozen=True)
class Confusion:
    """Weighted counts of the four outcomes, one value a resample. *Shape:* `(r,)` each."""

    true_positives: Floats
    false_positives: Floats
    false_negatives: Floats
    true_negatives: Floats

    @property
    def precision(self) -> Floats:
        """Share of flags that are right; 0 where nothing is flagged."""
        return ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> Floats:
        """Share of positives that are flagged; 0 where there are none."""
        return ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> Floats:
        """F1 of the positive class; 0 where it neither occurs nor is flagged."""
        return f1_score(self.true_positives, self.false_positives, self.false_negatives)

    @property
    def macro_f1(self) -> Floats:
        """Mean of the F1 of both classes."""
        return (self.f1 + f1_score(self.true_negatives, self.false_negatives, self.false_positives)) / 2.0

    @property
    def accuracy(self) -> Floats:
        """Share of rows that are decided right; 0 without rows."""
        right = self.true_positives + self.true_negatives
        return ratio(right, right + self.false_positives + self.false_negatives)


def areas(scores: NDArray[np.floating], labels: NDArray[np.integer], weights: Floats | None = None) -> Areas:
    """Average precision and ROC-AUC of one category. Tied scores are one threshold in both.

    Only thresholds at positives add to either sum, so the work beyond a cumulative sum grows with the positives alone.

    Source: average precision as `sum_k (R_k - R_{k-1}) P_k`, not interpolated (Davis & Goadrich, 2006, on why linear
    interpolation is wrong there); ROC-AUC as the Mann-Whitney statistic (Hanley & McNeil, 1982).

    Args:
        scores: *Shape:* `(n,)`, finite, any monotone scale.
        labels: *Shape:* `(n,)`, 0 or 1.
        weights: *Shape:* `(r, n)`, not negative; a single row of ones when left out.

    """
    weights = np.ones((1, len(labels))) if weights is None else weights
    order = np.argsort(-scores, kind="stable")
    yes = labels[order] == 1
    starts, ends = _thresholds_at_positives(scores[order], yes)
    ordered = weights[:, order]
    all_until, yes_until = _running_sum(ordered), _running_sum(ordered[:, yes])
    n_yes_until = np.concatenate([[0], np.cumsum(yes)])
    found, flagged = yes_until[:, n_yes_until[ends]], all_until[:, ends]
    hits = found - yes_until[:, n_yes_until[starts]]
    tied_negatives = flagged - all_until[:, starts] - hits
    n_positives = yes_until[:, -1]
    n_negatives = all_until[:, -1] - n_positives
    beaten = n_negatives[:, None] - (flagged - found) + tied_negatives / 2.0
    defined = (n_positives > 0) & (n_negatives > 0)
    return Areas(
        pr_auc=np.where(defined, ratio((hits * ratio(found, flagged)).sum(axis=1), n_positives), np.nan),
        roc_auc=np.where(defined, ratio((hits * beaten).sum(axis=1), n_positives * n_negatives), np.nan),
    )


def _thresholds_at_positives(ordered: NDArray[np.floating], yes: Bools) -> tuple[Ints, Ints]:
    """Where the runs of equal scores that hold a positive start, and where they end (exclusive). *Shape:* `(k,)`."""
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    ends = np.append(starts[1:], len(ordered))
    holds = np.add.reduceat(yes.astype(np.int64), starts) > 0
    return starts[holds], ends[holds]


def _running_sum(weights: Floats) -> Floats:
    """Cumulative sums along the rows, from 0. *Shape:* `(r, n)` to `(r, n + 1)`."""
    sums = np.zeros((weights.shape[0], weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=sums[:, 1:])
    return sums


def confusion(flagged: Bools, labels: NDArray[np.integer], weights: Floats | None = None) -> Confusion:
    """The four outcomes of a decision.

    Args:
        flagged: *Shape:* `(n,)`.
        labels: *Shape:* `(n,)`, 0 or 1.
        weights: *Shape:* `(r, n)`; a single row of ones when left out.

    """
    weights = np.ones((1, len(labels))) if weights is None else weights
    yes = labels == 1
    return Confusion(
        true_positives=weights @ (flagged & yes).astype(np.float64),
        false_positives=weights @ (flagged & ~yes).astype(np.float64),
        false_negatives=weights @ (~flagged & yes).astype(np.float64),
        true_negatives=weights @ (~flagged & ~yes).astype(np.float64),
    )


def f1_score(hits: Floats, false_alarms: Floats, misses: Floats) -> Floats:
    """`2 hits / (2 hits + false alarms + misses)`, elementwise; 0 where all are 0."""
    return ratio(2.0 * hits, 2.0 * hits + false_alarms + misses)


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Elementwise quotient, 0 where the denominator is 0."""
    out: Floats = np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
    return out
