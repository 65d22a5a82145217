"""Questions: what a column of each kind is asked, over its cells.

Words: each word's share. Flags: the share. Numbers: what is missing, what is zero, where they lie, how they are spread.
Scores: that, and how many are high, since few items decide what moderation does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.drift import effects
from monitoring.drift.cells import HALF, Cells
from monitoring.drift.effects import Effects
from monitoring.drift.part import Part
from monitoring.drift.ranks import Shift, distance, location
from monitoring.drift.shares import cohens_h, share_p_values
from monitoring.windows.columns import Kind

Float64s = NDArray[np.float64]

HIGH: Final = (0.95, 0.99)
"""Quantiles of the reference's scores above which the window's are counted."""
EXACT: Final = "Fisher's exact and G-test"
OTHER_WORDS: Final = "any other value"
ONLY_UP: Final = frozenset({"repeated"})
"""Columns that mean more only when they rise: a longer window repeats more by itself."""


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions about shares that a column is asked, the same for every window.

    Attributes:
        names: of the questions; the first is what is missing.
        members: 1.0 for the cells that belong. *Shape:* `(questions, n_cells)`.
        was: rows of the reference that belong. *Shape:* `(questions,)`.
        n_was: rows of the reference that could. *Shape:* `(questions,)`.

    """

    names: tuple[str, ...]
    members: Float64s
    was: Float64s
    n_was: Float64s


def pose(cells: Cells) -> Questions:
    """The questions to a column's cells."""
    names, members = _members(cells)
    n_was = np.full(len(names), cells.counts[:-1].sum())
    n_was[0] = cells.counts.sum()
    return Questions(tuple(names), members, members @ cells.counts, n_was)


def ask(columns: Sequence[tuple[Cells, Questions, Float64s]], settings: Effects) -> Iterator[list[Part]]:
    """Every question to every column, all shares in one go.

    Args:
        columns: cells and questions of the reference, and rows of the window in each cell.
        settings: how large a change must be.

    Yields:
        The parts of a column, in the order of the columns.

    """
    now = [questions.members @ counts for _, questions, counts in columns]
    totals = [_totals(counts, len(questions.names)) for _, questions, counts in columns]
    if not columns:
        return
    was, n_was = (np.concatenate([getattr(q, field) for _, q, _ in columns]) for field in ("was", "n_was"))
    p_values = share_p_values(np.concatenate(now), np.concatenate(totals), was, n_was)
    h = cohens_h(_share(np.concatenate(now), np.concatenate(totals)), _share(was, n_was))
    start = 0
    for cells, questions, counts in columns:
        stop = start + len(questions.names)
        parts = _shares(cells, questions, p_values[start:stop].tolist(), h[start:stop].tolist(), settings)
        start = stop
        if cells.column.kind not in (Kind.CATEGORY, Kind.FLAG) and counts[:-1].any():
            parts += _places(counts[:-1], cells.counts[:-1], settings)
        yield parts


def raised(part: Part, noise: Mapping[str, float]) -> Part:
    """The part with its threshold raised to what is usual, by question."""
    usual = noise.get(part.name, 0.0)
    return replace(part, effect_threshold=usual) if usual > part.effect_threshold else part


def _totals(counts: Float64s, n_questions: int) -> Float64s:
    totals = np.full(n_questions, counts[:-1].sum())
    totals[0] = counts.sum()
    return totals


def _shares(cells: Cells, questions: Questions, p_values: list[float], h: list[float], settings: Effects) -> list[Part]:
    """Parts of what was asked about shares."""
    only_up = cells.column.name in ONLY_UP
    return [
        Part(
            name=name,
            method=EXACT,
            statistic=effect,
            p_value=1.0 if only_up and effect < 0 else p_value,
            effect=abs(effect),
            effect_name=effects.H,
            effect_threshold=settings.h,
            direction="up" if effect >= 0 else "down",
            cells=members,
        )
        for name, p_value, effect, members in zip(questions.names, p_values, h, questions.members, strict=True)
    ]


def _members(cells: Cells) -> tuple[list[str], Float64s]:
    """Names of the questions about shares, and the cells that belong to each."""
    eye = np.eye(cells.n_cells)
    names, members = ["missing"], [eye[-1]]
    if cells.column.kind is Kind.CATEGORY:
        names += [f"value {value}" for value in (*cells.values, OTHER_WORDS)]
        return names, np.array([eye[-1], *eye[:-1]])
    atom = {float(value): 2 * index + 1 for index, value in enumerate(cells.atoms)}
    if cells.column.kind is Kind.FLAG:
        return ["missing", "true"], np.array([eye[-1], 1.0 - eye[-1] - eye[atom[0.0]]])
    if cells.column.kind is not Kind.PROBABILITY:
        return ["missing", "not zero"], np.array([eye[-1], 1.0 - eye[-1] - eye[atom[0.0]]])
    for name, place in _high_places(cells, atom):
        names.append(name)
        members.append(np.append((np.arange(cells.n_cells - 1) > place).astype(float), 0.0))
    return names, np.array(members)


def _high_places(cells: Cells, atom: Mapping[float, int]) -> Iterator[tuple[str, int]]:
    """Cells above which scores are high."""
    if HALF in atom:
        yield "above 0.5", atom[HALF]
    was = cells.counts[:-1]
    if was.sum():
        below = np.cumsum(was) / was.sum()
        for quantile in HIGH:
            yield f"above the reference's {quantile:.0%}", int(np.searchsorted(below, quantile - 1e-9))


def _places(now: Float64s, was: Float64s, settings: Effects) -> list[Part]:
    return [
        _part("location", "Mann-Whitney", location(now, was), effects.AUC, settings.auc),
        _part("shape", "Kolmogorov-Smirnov", distance(now, was), effects.KS, settings.ks),
    ]


def _part(name: str, method: str, shift: Shift, effect_name: str, threshold: float) -> Part:
    direction = "up" if shift.effect >= 0 else "down"
    cells = np.append(shift.cells, np.nan)
    return Part(
        name, method, shift.statistic, shift.p_value, abs(shift.effect), effect_name, threshold, direction, cells
    )


def _share(count: Float64s, total: Float64s) -> Float64s:
    return np.asarray(np.clip(np.divide(count, total, out=np.zeros(len(count)), where=total > 0), 0.0, 1.0))
