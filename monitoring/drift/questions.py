"""Questions: what a column of each kind is asked, over its cells.

Words: each word's share. Flags: the share. Numbers: what is missing, what is zero, where they lie, how they are spread.
Scores: that, and how many are high, since few items decide what moderation does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
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


def ask(cells: Cells, now: Float64s, settings: Effects, noise: Mapping[str, float]) -> list[Part]:
    """Every question to one column.

    Args:
        cells: of the reference.
        now: rows of the window in each cell.
        settings: how large a change must be.
        noise: by part, how much the reference itself differs from stretch to stretch; what is below it does not matter.

    """
    parts = list(_shares(cells, now, settings))
    if cells.column.kind not in (Kind.CATEGORY, Kind.FLAG) and now[:-1].sum() and cells.counts[:-1].sum():
        parts += _places(now[:-1], cells.counts[:-1], settings)
    return [raised(part, noise) for part in parts]


def raised(part: Part, noise: Mapping[str, float]) -> Part:
    """The part with its threshold raised to what is usual."""
    usual = noise.get(part.name, 0.0)
    return replace(part, effect_threshold=usual) if usual > part.effect_threshold else part


def _shares(cells: Cells, now: Float64s, settings: Effects) -> Iterator[Part]:
    """Every question about a share, in one go."""
    names, members = questions(cells)
    n_now, n_was = np.full(len(names), now[:-1].sum()), np.full(len(names), cells.counts[:-1].sum())
    n_now[0], n_was[0] = now.sum(), cells.counts.sum()
    k_now, k_was = members @ now, members @ cells.counts
    p_values = np.ones(len(names))
    for rows in (slice(0, 1), slice(1, None)):
        if len(p_values[rows]):
            p_values[rows] = share_p_values(k_now[rows], float(n_now[rows][0]), k_was[rows], float(n_was[rows][0]))
    h = cohens_h(_share(k_now, n_now), _share(k_was, n_was))
    for index, name in enumerate(names):
        up = bool(h[index] >= 0)
        silent = (cells.column.name in ONLY_UP and not up) or not n_now[index] or not n_was[index]
        yield Part(
            name,
            EXACT,
            float(h[index]),
            1.0 if silent else float(p_values[index]),
            abs(float(h[index])),
            effects.H,
            settings.h,
            "up" if up else "down",
            members[index],
        )


def questions(cells: Cells) -> tuple[list[str], Float64s]:
    """Names of the questions about shares, and the cells that belong to each. *Shape:* `(questions, n_cells)`."""
    eye = np.eye(cells.n_cells)
    names, members = ["missing"], [eye[-1]]
    if cells.column.kind is Kind.CATEGORY:
        names += [f"value {value}" for value in (*cells.values, OTHER_WORDS)]
        members += list(eye[:-1])
        return names, np.array(members)
    atom = {float(value): 2 * index + 1 for index, value in enumerate(cells.atoms)}
    if cells.column.kind is Kind.FLAG:
        return ["missing", "true"], np.array([eye[-1], eye[atom.get(1.0, -1)]])
    if 0.0 in atom and cells.column.kind is not Kind.PROBABILITY:
        names.append("not zero")
        members.append(1.0 - eye[-1] - eye[atom[0.0]])
    if cells.column.kind is Kind.PROBABILITY:
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


def _places(now: Float64s, was: Float64s, settings: Effects) -> Iterator[Part]:
    yield _part("location", "Mann-Whitney", location(now, was), effects.AUC, settings.auc)
    yield _part("shape", "Kolmogorov-Smirnov", distance(now, was), effects.KS, settings.ks)


def _part(name: str, method: str, shift: Shift, effect_name: str, threshold: float) -> Part:
    direction = "up" if shift.effect >= 0 else "down"
    cells = np.append(shift.cells, np.nan)
    return Part(
        name, method, shift.statistic, shift.p_value, abs(shift.effect), effect_name, threshold, direction, cells
    )


def _share(count: Float64s, total: Float64s) -> Float64s:
    return np.asarray(np.clip(np.divide(count, total, out=np.zeros(len(count)), where=total > 0), 0.0, 1.0))
