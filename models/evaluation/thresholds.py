"""Thresholds: the calibrated probability at which each operating point begins.

A row is flagged when its probability is at or above the threshold. The three points of a category are chosen on the
calibration split, never on a test. Each has a price: how many false alarms one miss is worth (`MISS_COSTS`, times the
`GRAVITY` of the category). The point is the threshold with the lowest total price.

With honest probabilities that is known without looking: flagging a row costs `1 - p` false alarms, leaving it costs
`cost * p`, so that the point is `1 / (1 + cost)`, here called its promise. Looking corrects it where the calibration is
locally wrong, as far as the positives at hand can tell: every label is mixed with the probability of its row, and the
label's share grows with their number. A category with three positives therefore keeps the promise, and never gets the
threshold that happens to separate three rows.
Source: Elkan (2001), "The foundations of cost-sensitive learning", for the promise; the mixture is this project's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import Category, OperatingPoint
from models.evaluation.arrays import Floats
from models.evaluation.metrics import Confusion

MISS_COSTS: Final[Mapping[OperatingPoint, float]] = MappingProxyType(
    {OperatingPoint.RECALL: 9.0, OperatingPoint.BALANCED: 1.5, OperatingPoint.PRECISION: 0.25}
)
"""False alarms that one miss is worth. Recall: a person looks at what is flagged, nobody sees a miss. Balanced: harm
that stays up does somewhat more damage than an appeal costs; `docs/evaluation.md` says what 2 and 1 would do.
Precision: a machine acts alone, and one wrong flag is as bad as four misses (fewer where `GRAVITY` makes a miss
dearer). A choice, not a finding; a deployment with prices of its own sets thresholds in its policy."""
GRAVITY: Final[Mapping[Category, float]] = MappingProxyType(
    {
        Category.SELF_HARM: 4.0,
        Category.SELF_HARM_INTENT: 4.0,
        Category.SELF_HARM_INSTRUCTIONS: 4.0,
        Category.HARASSMENT_THREATENING: 2.0,
        Category.HATE_THREATENING: 2.0,
    }
)
"""How many times dearer a miss is than in other categories: a life may hang on it. A choice, as the costs are."""
N_DOUBTED = 200
"""Positives (or negatives, if rarer) at which what was seen and what the calibration promises weigh the same."""
MARGIN = 1e-6
"""A threshold sits at least this far below the score it was chosen at: serving computes in float32, and a row that was
counted as flagged here must not slip under the bar by rounding."""
SAME_COST = 1e-9
"""Costs closer than this, relatively, are the same; they differ by rounding only."""


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


def choose_thresholds(
    probs: NDArray[np.floating], labels: NDArray[np.integer], gravity: float = 1.0
) -> dict[OperatingPoint, float]:
    """The three operating points of one category, in [0, 1] and rising from recall over balanced to precision.

    Without positives or without negatives they are the promises, `promises(gravity)`.

    Args:
        probs: *Shape:* `(n,)`, calibrated probabilities.
        labels: *Shape:* `(n,)`, 0 or 1. Rows with an unknown label are left out by the caller.
        gravity: of the category, `GRAVITY`.

    Raises:
        ValueError: shapes differ, or a probability is not in [0, 1].

    """
    _check(probs, labels)
    n_rarer = min(int((labels == 1).sum()), int((labels == 0).sum()))
    if not n_rarer:
        return promises(gravity)
    scores, inverse, n_rows = np.unique(probs.astype(np.float64), return_inverse=True, return_counts=True)
    seen = np.bincount(inverse, weights=labels == 1)
    weight = n_rarer / (n_rarer + N_DOUBTED)
    harmful = weight * seen + (1.0 - weight) * n_rows * scores
    points = {point: _cheapest(scores, n_rows - harmful, harmful, cost * gravity) for point, cost in MISS_COSTS.items()}
    balanced = points[OperatingPoint.BALANCED]
    return {
        OperatingPoint.RECALL: min(points[OperatingPoint.RECALL], balanced),
        OperatingPoint.BALANCED: balanced,
        OperatingPoint.PRECISION: max(points[OperatingPoint.PRECISION], balanced),
    }


def promises(gravity: float = 1.0) -> dict[OperatingPoint, float]:
    """Where honest probabilities put the points; where nothing can be measured the calibration speaks for itself."""
    return {point: 1.0 / (1.0 + cost * gravity) for point, cost in MISS_COSTS.items()}


def expected_cost(flagged: NDArray[np.bool_], labels: NDArray[np.integer], miss_cost: float) -> float:
    """The price of a decision, in false alarms a row: false alarms, and misses at `miss_cost` each, over all rows."""
    misses, false_alarms = int((~flagged & (labels == 1)).sum()), int((flagged & (labels == 0)).sum())
    return (miss_cost * misses + false_alarms) / len(labels)


def _cheapest(scores: Floats, harmless: Floats, harmful: Floats, miss_cost: float) -> float:
    """The threshold nearest to the promise among those with the lowest cost.

    Every threshold between two neighbouring scores flags the same rows. Which of them is taken matters for rows to
    come: between a category's negatives at 0.01 and its few positives at 0.97 lies almost the whole range.

    Args:
        scores: *Shape:* `(k,)`, rising, distinct.
        harmless: how much of it lies at each score. *Shape:* `(k,)`.
        harmful: the same.
        miss_cost: false alarms that a miss is worth.

    """
    promise = 1.0 / (1.0 + miss_cost)
    alarms = np.concatenate([np.cumsum(harmless[::-1])[::-1], [0.0]])  # flagged from score i on; none for the last
    misses = np.concatenate([[0.0], np.cumsum(harmful)])
    costs = alarms + miss_cost * misses
    if scores[-1] + MARGIN > 1.0:  # no threshold is high enough to flag nothing
        costs[-1] = np.inf
    upper = np.concatenate([scores - MARGIN, [1.0]])
    lower = np.minimum(np.concatenate([[0.0], scores + MARGIN]), upper)
    nearest = np.clip(np.clip(promise, lower, upper), 0.0, 1.0)
    cheapest = np.flatnonzero(costs <= costs.min() + SAME_COST * max(1.0, costs.min()))
    return float(nearest[cheapest[np.argmin(np.abs(nearest[cheapest] - promise))]])


def _check(probs: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
    if probs.ndim != 1 or probs.shape != labels.shape:
        raise ValueError(f"probs and labels have one entry a row, not shapes {probs.shape} and {labels.shape}")
    if not ((probs >= 0.0) & (probs <= 1.0)).all():
        raise ValueError("every probability is in [0, 1]")
