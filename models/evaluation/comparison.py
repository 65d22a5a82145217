"""Comparison: the ranking areas of several systems, always on the same rows, categories and resamples."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES, Category
from models.evaluation.arrays import Floats, Ints, Labels, scored_rows
from models.evaluation.bootstrap import N_RESAMPLES, estimate, resample_weights
from models.evaluation.metrics import Areas, areas
from models.evaluation.results import MacroResult, SystemAreas

MIN_POSITIVES = 30
"""A category counts in a mean, and a source gets its own areas, from this many positives and as many negatives. With
fewer, one row moves recall by more than 0.03, and a mean over categories would follow its noisiest member."""


@dataclass(frozen=True)
class CategoryComparison:
    """Every system that scores one category, on the rows that all of them score.

    Attributes:
        rows: *Shape:* `(k,)`, positions in the split.
        n_positives: rows labelled yes among them.
        on_sample: each system's areas on the rows themselves. *Shape:* `(1,)`.
        resampled: each system's areas on the resamples, the same ones for all. *Shape:* `(r,)`.

    """

    category: Category
    rows: Ints
    n_positives: int
    on_sample: dict[str, Areas]
    resampled: dict[str, Areas]

    @property
    def has_enough(self) -> bool:
        """Whether the category counts in a mean."""
        return min(self.n_positives, len(self.rows) - self.n_positives) >= MIN_POSITIVES

    @property
    def has_both_classes(self) -> bool:
        """Whether the areas are defined at all."""
        return 0 < self.n_positives < len(self.rows)

    def system_areas(self) -> dict[str, SystemAreas]:
        """The areas with their intervals, by system; empty when one class is missing."""
        if not self.has_both_classes:
            return {}
        return {name: _with_intervals(self.on_sample[name], self.resampled[name]) for name in self.on_sample}


def compare(
    labels: Labels,
    systems: Mapping[str, NDArray[np.floating]],
    strata: NDArray[np.integer],
    seed: int,
    n_resamples: int = N_RESAMPLES,
    groups: NDArray[np.integer] | None = None,
) -> tuple[CategoryComparison, ...]:
    """The areas of every category that a system scores on rows with a known label, in the order of the taxonomy.

    Rows are drawn once for all categories and systems, so that means over categories and differences between systems
    get honest intervals: a row that is easy for one is often easy for the other.

    Args:
        labels: *Shape:* `(n, 16)`.
        systems: name -> *Shape:* `(n, 16)`, NaN where a system has no head or did not see the row.
        strata: *Shape:* `(n,)`, the source of each row as a number.
        seed: fixes the resamples.
        n_resamples: how many.
        groups: *Shape:* `(n,)`, near-duplicate groups, drawn whole.

    """
    columns = [column for column in (_column(labels, systems, i) for i in range(len(CATEGORIES))) if column is not None]
    parts: list[list[dict[str, Areas]]] = [[] for _ in columns]
    for weights in resample_weights(strata, n_resamples, seed, groups):
        for column, part in zip(columns, parts, strict=True):
            part.append(column.areas(weights[:, column.rows]))
    return tuple(
        CategoryComparison(
            category=column.category,
            rows=column.rows,
            n_positives=int(column.labels.sum()),
            on_sample=column.areas(np.ones((1, len(column.rows)))),
            resampled={name: _joined(p[name] for p in part) for name in column.scores},
        )
        for column, part in zip(columns, parts, strict=True)
    )


def macro(comparisons: Sequence[CategoryComparison], names: Sequence[str]) -> MacroResult | None:
    """The mean over the categories that have enough rows and that every named system scores; None if there is none.

    `lead` is taken from the first name to each of the others.
    """
    counted = [c for c in comparisons if c.has_enough and set(names) <= set(c.on_sample)]
    if not counted:
        return None
    on_sample = {name: _mean([c.on_sample[name] for c in counted]) for name in names}
    resampled = {name: _mean([c.resampled[name] for c in counted]) for name in names}
    first = names[0]
    return MacroResult(
        categories=tuple(c.category for c in counted),
        systems={name: _with_intervals(on_sample[name], resampled[name]) for name in names},
        lead={
            name: estimate(
                float(on_sample[first].pr_auc[0] - on_sample[name].pr_auc[0]),
                resampled[first].pr_auc - resampled[name].pr_auc,
            )
            for name in names[1:]
        },
    )


@dataclass(frozen=True)
class _Column:
    """One category's rows, labels and scores, ready to be weighed again and again."""

    category: Category
    rows: Ints
    labels: Labels
    scores: dict[str, NDArray[np.floating]]

    def areas(self, weights: Floats) -> dict[str, Areas]:
        return {name: areas(scores, self.labels, weights) for name, scores in self.scores.items()}


def _column(labels: Labels, systems: Mapping[str, NDArray[np.floating]], index: int) -> _Column | None:
    known = scored_rows(labels[:, index])
    scoring = {name: probs[:, index] for name, probs in systems.items() if np.isfinite(probs[known, index]).any()}
    rows = np.flatnonzero(scored_rows(labels[:, index], *scoring.values()))
    if not scoring or not len(rows):
        return None
    return _Column(CATEGORIES[index], rows, labels[rows, index], {n: s[rows] for n, s in scoring.items()})


def _joined(parts: Iterable[Areas]) -> Areas:
    found = list(parts)
    return Areas(np.concatenate([p.pr_auc for p in found]), np.concatenate([p.roc_auc for p in found]))


def _mean(parts: Sequence[Areas]) -> Areas:
    return Areas(np.mean([p.pr_auc for p in parts], axis=0), np.mean([p.roc_auc for p in parts], axis=0))


def _with_intervals(on_sample: Areas, resampled: Areas) -> SystemAreas:
    return SystemAreas(
        pr_auc=estimate(float(on_sample.pr_auc[0]), resampled.pr_auc),
        roc_auc=estimate(float(on_sample.roc_auc[0]), resampled.roc_auc),
    )
