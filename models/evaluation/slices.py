"""Slices: one category on the rows of one source. A mean over sources can hide a source that the model fails on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES, Category
from models.evaluation.arrays import Labels, scored_rows
from models.evaluation.comparison import MIN_POSITIVES
from models.evaluation.metrics import areas, confusion
from models.evaluation.reliability import expected_calibration_error
from models.evaluation.results import SliceResult

MIN_ROWS = 50
"""Fewer labelled rows than this and a share says little: no slice."""


def slice_by_source(
    probs: NDArray[np.floating], labels: Labels, sources: Sequence[str], thresholds: dict[Category, float]
) -> tuple[SliceResult, ...]:
    """One slice a category and source with at least `MIN_ROWS` labelled rows, in the order of the taxonomy.

    Args:
        probs: *Shape:* `(n, 16)`, calibrated.
        labels: *Shape:* `(n, 16)`.
        sources: *Shape:* `(n,)`.
        thresholds: the balanced point of each category; one without it is left out.

    """
    names = np.asarray(sources)
    found = []
    for category, threshold in thresholds.items():
        column = CATEGORIES.index(category)
        usable = scored_rows(labels[:, column], probs[:, column])
        for source in sorted(set(names[usable].tolist())):
            rows = np.flatnonzero(usable & (names == source))
            if len(rows) >= MIN_ROWS:
                found.append(_slice(category, source, probs[rows, column], labels[rows, column], threshold))
    return tuple(sorted(found, key=lambda s: CATEGORIES.index(s.category)))


def _slice(
    category: Category, source: str, probs: NDArray[np.floating], labels: Labels, threshold: float
) -> SliceResult:
    n_positives = int(labels.sum())
    flagged = probs >= threshold
    enough = min(n_positives, len(labels) - n_positives) >= MIN_POSITIVES
    ranked = areas(probs, labels) if enough else None
    return SliceResult(
        category=category,
        source=source,
        n_rows=len(labels),
        n_positives=n_positives,
        pr_auc=float(ranked.pr_auc[0]) if ranked else None,
        roc_auc=float(ranked.roc_auc[0]) if ranked else None,
        f1=float(confusion(flagged, labels).f1[0]) if enough else None,
        ece=expected_calibration_error(probs, labels) if enough else None,
        flagged_share=float(flagged.mean()),
    )
