"""Measuring: quality by category over a period, and over its parts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from models.contracts import CATEGORIES
from monitoring.quality.estimating import estimate
from monitoring.quality.evidence import MIN_LABELS, Everyone, Evidence, queued_evidence, sampled_evidence
from monitoring.quality.report import QualityPart, QualityReport
from monitoring.quality.thresholds import Thresholds
from monitoring.safety.metric import Metric

MAX_PARTS: Final = 8
"""Of a period, each with at least `MIN_LABELS` labels of the category that has most."""

_Pair = tuple[Evidence, Evidence]


def measure_quality(
    labels: pd.DataFrame, window: Everyone | None, *, thresholds: Thresholds | None = None
) -> QualityReport:
    """Hold the scores against what people say.

    Args:
        labels: as `reviewed_labels` gives them. Without its column `weight`, as `read_labels` gives them, the random
            sample has hardly any negatives, and is taken for no more than the rest of the queue.
        window: decisions of the same period, for the distribution of scores; None where they are not at hand.
        thresholds: operating points; without them there is neither precision nor recall.

    """
    scored = labels[np.isfinite(labels["prob"].to_numpy(np.float64)) & labels["label"].isin([0.0, 1.0]).to_numpy()]
    points = thresholds or Thresholds()
    pairs = {
        category.value: (sampled_evidence(mine, points), queued_evidence(mine, points, window))
        for category in CATEGORIES
        if len(mine := scored[scored["category"] == category.value])
    }
    metrics = [metric for category, pair in pairs.items() for metric in estimate(category, *pair)]
    return QualityReport(
        start=_moment(scored["decided_at_us"].min()) if len(scored) else None,
        end=_moment(scored["decided_at_us"].max() + 1) if len(scored) else None,
        n_labels=len(scored),
        n_decisions=int(scored["decision_id"].nunique()),
        metrics=tuple(metrics),
        over_time=tuple(_parts(pairs)),
        notes=tuple(_notes(labels, scored)),
    )


def _notes(labels: pd.DataFrame, scored: pd.DataFrame) -> Iterator[str]:
    if not len(labels):
        yield "there are no labels of decisions of this period; docs/reviews.md tells how they come about"
    elif len(scored) < len(labels):
        yield f"{len(labels) - len(scored)} labels are of categories that no model scored then"
    bundles = sorted({str(bundle)[:12] for bundle in scored["bundle"] if bundle})
    if len(bundles) > 1:
        yield f"labels of several text bundles are taken together: {', '.join(bundles)}"


def _parts(pairs: dict[str, _Pair]) -> Iterator[QualityPart]:
    """Equal parts of the time, as many as the labels carry."""
    if not pairs:
        return
    times = np.concatenate([queued.at_us for _, queued in pairs.values()])
    n_parts = min(MAX_PARTS, max(len(queued) for _, queued in pairs.values()) // MIN_LABELS)
    if n_parts < 2 or not len(times):  # noqa: PLR2004 - one part is the whole
        return
    edges = np.linspace(times.min(), times.max() + 1, n_parts + 1)
    for start, end in pairwise(edges.tolist()):
        inside = {name: (_within(one, start, end), _within(two, start, end)) for name, (one, two) in pairs.items()}
        known = [metric for name, pair in inside.items() for metric in _known(name, pair)]
        yield QualityPart(start=_moment(start), end=_moment(end), metrics=tuple(known))


def _within(evidence: Evidence, start: float, end: float) -> Evidence:
    return evidence.take((evidence.at_us >= start) & (evidence.at_us < end))


def _known(category: str, pair: _Pair) -> Iterator[Metric]:
    return (metric for metric in estimate(category, *pair) if metric.value is not None)


def _moment(at_us: float) -> datetime:
    return datetime.fromtimestamp(float(at_us) / 1e6, UTC)
