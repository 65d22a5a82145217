"""Unseen sources: ranking, recall and false alarms where neither the positives' nor the negatives' source was learnt.

Every false alarm that is reported was counted at a threshold chosen without the source it is from, so that the number
is what a new source may expect. Recall is that of the threshold that ships, which no positive has a part in choosing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import OperatingPoint
from models.evaluation.arrays import Floats
from models.evaluation.bootstrap import estimate, resample_weights
from models.evaluation.metrics import areas
from models.evaluation.results import Estimate

FALSE_ALARM_BUDGETS: Final[dict[OperatingPoint, float]] = {
    OperatingPoint.PRECISION: 0.002,
    OperatingPoint.BALANCED: 0.008,
    OperatingPoint.RECALL: 0.03,
}
"""Share of ordinary photographs that a category may flag, in the unseen source where it flags most. A picture service
sees harm rarely: at a prevalence of 1 in 1,000, 0.8 % of false alarms already outnumber the hits eight to one."""
MIN_PICTURES: Final = 200
"""A source with fewer photographs measures no share of a few in a thousand; such sources count together as one."""
N_RESAMPLES: Final = 200


@dataclass(frozen=True)
class Unseen:
    """What models said of pictures whose source they had not learned from, one category.

    Attributes:
        scores: logits or probabilities. *Shape:* `(n,)`.
        labels: 1 or 0. *Shape:* `(n,)`.
        rounds: whose model spoke. *Shape:* `(n,)`.
        sources: *Shape:* `(n,)`.
        ordinary: photographs that show none of the categories. *Shape:* `(n,)`.
        groups: near-duplicates share one. *Shape:* `(n,)`.

    """

    scores: NDArray[np.floating]
    labels: NDArray[np.integer]
    rounds: NDArray[np.str_]
    sources: NDArray[np.str_]
    ordinary: NDArray[np.bool_]
    groups: NDArray[np.integer]

    def take(self, rows: NDArray[np.bool_]) -> "Unseen":
        """Some of the pictures."""
        return Unseen(*(getattr(self, name)[rows] for name in Unseen.__annotations__))


@dataclass(frozen=True)
class UnseenResult:
    """One category on one unseen source of positives, against all unseen ordinary photographs of the same rounds."""

    source: str
    n_positives: int
    n_ordinary: int
    roc_auc: Estimate
    pr_auc: Estimate
    recall: Estimate
    false_alarms: Estimate


def threshold_at(scores: NDArray[np.floating], sources: NDArray[np.str_], budget: float) -> float:
    """The lowest threshold at which no source has a larger share flagged than the budget.

    The worst source decides, because a new source may be like it: a mean would let easy sources pay for hard ones.

    Args:
        scores: of ordinary photographs. *Shape:* `(n,)`, at least one.
        sources: *Shape:* `(n,)`.
        budget: share in (0, 1).

    """
    names, counts = np.unique(sources, return_counts=True)
    pooled = np.where(np.isin(sources, names[counts < MIN_PICTURES]), "small sources", sources)
    tops = []
    for name in np.unique(pooled):
        own = np.sort(scores[pooled == name])[::-1]
        tops.append(float(own[int(budget * len(own))]))
    return float(np.nextafter(max(tops), np.inf))


def choose_unseen_thresholds(scores: NDArray[np.floating], sources: NDArray[np.str_]) -> dict[OperatingPoint, float]:
    """The three operating points by false alarms among unseen ordinary photographs; see `FALSE_ALARM_BUDGETS`."""
    return {point: threshold_at(scores, sources, budget) for point, budget in FALSE_ALARM_BUDGETS.items()}


def nested_flags(unseen: Unseen, point: OperatingPoint) -> NDArray[np.bool_]:
    """Who is flagged, each ordinary photograph at the threshold of the other sources. *Shape:* `(n,)`."""
    budget, ordinary = FALSE_ALARM_BUDGETS[point], unseen.ordinary
    flagged = unseen.scores >= threshold_at(unseen.scores[ordinary], unseen.sources[ordinary], budget)
    for name in np.unique(unseen.sources[ordinary]):
        here, others = ordinary & (unseen.sources == name), ordinary & (unseen.sources != name)
        if others.any():
            threshold = threshold_at(unseen.scores[others], unseen.sources[others], budget)
            flagged[here] = unseen.scores[here] >= threshold
    return flagged


def measure_unseen(unseen: Unseen, flagged: NDArray[np.bool_], source: str | None, seed: int) -> UnseenResult:
    """Numbers with intervals for one source of positives, or for all of them together.

    Near-duplicates are drawn together, and positives and ordinary photographs separately.
    """
    positives = unseen.labels == 1
    if source is not None:
        positives &= unseen.sources == source
    kept = positives | (unseen.ordinary & np.isin(unseen.rounds, unseen.rounds[positives]))
    scores, labels = unseen.scores[kept], positives[kept].astype(np.int64)
    flags, groups = flagged[kept].astype(np.float64), unseen.groups[kept]
    weights = np.concatenate(list(resample_weights(labels, N_RESAMPLES, seed, groups)))
    plain, drawn = areas(scores, labels), areas(scores, labels, weights)
    return UnseenResult(
        source=source or "all",
        n_positives=int(labels.sum()),
        n_ordinary=int((labels == 0).sum()),
        roc_auc=estimate(float(plain.roc_auc[0]), drawn.roc_auc),
        pr_auc=estimate(float(plain.pr_auc[0]), drawn.pr_auc),
        recall=_share(flags, labels == 1, weights),
        false_alarms=_share(flags, labels == 0, weights),
    )


def any_false_alarm(flags: Sequence[NDArray[np.bool_]], unseen: Unseen, seed: int) -> dict[str, Estimate]:
    """Share of ordinary photographs that any category flags: over all pictures, and by source."""
    flagged = np.any(flags, axis=0).astype(np.float64)
    rows = unseen.ordinary
    weights = np.concatenate(
        list(resample_weights(rows[rows].astype(np.int64), N_RESAMPLES, seed, unseen.groups[rows]))
    )
    sources = unseen.sources[rows]
    found = {"all": _share(flagged[rows], np.ones(len(sources), dtype=bool), weights)}
    for source in np.unique(sources):
        found[str(source)] = _share(flagged[rows], sources == source, weights)
    return found


def _share(flags: Floats, rows: NDArray[np.bool_], weights: Floats) -> Estimate:
    return estimate(
        float(flags[rows].mean()),
        (weights[:, rows] @ flags[rows]) / np.maximum(weights[:, rows].sum(axis=1), 1e-9),
    )
