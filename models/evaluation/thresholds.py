"""Thresholds: the calibrated probability at which each operating point begins.

A row is flagged when its probability is at or above the threshold. The three points of a category are chosen on the
calibration split, never on a test:

- balanced: the highest F1;
- recall: the highest threshold that still finds 90 % of the positives, and never above balanced;
- precision: the lowest threshold whose flags are 90 % right, and never below balanced.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contracts import OperatingPoint
from models.evaluation.arrays import Floats
from models.evaluation.metrics import Confusion

TARGET_RECALL = 0.9
TARGET_PRECISION = 0.9
MARGIN = 1e-6
"""A threshold sits this far below the score it was chosen at: serving computes in float32, and a row that was counted
as flagged here must not slip under the bar by rounding."""
FALLBACK = {OperatingPoint.RECALL: 0.1, OperatingPoint.BALANCED: 0.5, OperatingPoint.PRECISION: 0.9}
"""Where nothing can be measured (no positives, or no negatives) the calibrated probability speaks for itself: at 0.9 it
promises nine right flags in ten."""


@dataclass(frozen=True)
class ThresholdCurve:
    """What flagging everything at or above a score finds, at every distinct score, highest first.

    Attributes:
        thresholds: *Shape:* `(k,)`, falling.
        counts: the four outcomes at each. *Shape:* `(k,)` each.

    """

    thresholds: Floats
    counts: Confusion


def threshold_curve(probs: NDArray[np.floating], labels: NDArray[np.integer]) -> ThresholdCurve:
    """The four outcomes at every distinct score; equal scores are flagged together.

    Args:
        probs: *Shape:* `(n,)`, in [0, 1].
        labels: *Shape:* `(n,)`, 0 or 1, with at least one positive.

    """
    order = np.argsort(-probs, kind="stable")
    scores, hits = probs[order].astype(np.float64), np.cumsum(labels[order] == 1)
    last = np.flatnonzero(np.concatenate([np.diff(scores) < 0, [True]]))
    found, flagged = hits[last].astype(np.float64), last + 1.0
    missed = float(hits[-1]) - found
    return ThresholdCurve(scores[last], Confusion(found, flagged - found, missed, len(labels) - flagged - missed))


def choose_thresholds(probs: NDArray[np.floating], labels: NDArray[np.integer]) -> dict[OperatingPoint, float]:
    """The three operating points of one category, in [0, 1] and rising from recall over balanced to precision.

    Fallbacks: without positives or without negatives, `FALLBACK`. Where no threshold reaches the target precision, the
    precision point is the calibration's own promise, 0.9, or the balanced point if that is higher. Between equal F1
    the higher threshold (fewer flags) is taken.

    Args:
        probs: *Shape:* `(n,)`, calibrated probabilities.
        labels: *Shape:* `(n,)`, 0 or 1. Rows with an unknown label are left out by the caller.

    Raises:
        ValueError: shapes differ, or a probability is not in [0, 1].

    """
    _check(probs, labels)
    if not 0 < int((labels == 1).sum()) < len(labels):
        return dict(FALLBACK)
    curve = threshold_curve(probs, labels)
    balanced = float(curve.thresholds[int(np.argmax(curve.counts.f1))])
    return {
        OperatingPoint.RECALL: _below(min(balanced, _recall_point(curve))),
        OperatingPoint.BALANCED: _below(balanced),
        OperatingPoint.PRECISION: _below(_precision_point(curve, balanced)),
    }


def _recall_point(curve: ThresholdCurve) -> float:
    return float(curve.thresholds[int(np.argmax(curve.counts.recall >= TARGET_RECALL))])


def _precision_point(curve: ThresholdCurve, balanced: float) -> float:
    good = curve.thresholds[(curve.counts.precision >= TARGET_PRECISION) & (curve.thresholds >= balanced)]
    return float(good.min()) if len(good) else max(balanced, FALLBACK[OperatingPoint.PRECISION])


def _below(score: float) -> float:
    return max(0.0, score - MARGIN)


def _check(probs: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
    if probs.ndim != 1 or probs.shape != labels.shape:
        raise ValueError(f"probs and labels have one entry a row, not shapes {probs.shape} and {labels.shape}")
    if not ((probs >= 0.0) & (probs <= 1.0)).all():
        raise ValueError("every probability is in [0, 1]")
