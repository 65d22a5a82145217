"""The selection: which recorded decisions are replayed, and in which pieces."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sqlalchemy import ColumnElement, Engine, func, select

from service.records.tables import decisions

PIECE: Final = 20_000
"""Decisions in one piece of work: less than a second, so that the bar moves and two processes end together."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which decisions.

    Attributes:
        since_us: the first moment, microseconds since 1970.
        until_us: the first moment that is too late.
        tenant: only of this tenant; None for all.
        surface: only of this surface; None for all.

    """

    since_us: int
    until_us: int
    tenant: str | None = None
    surface: str | None = None

    def clauses(self) -> list[ColumnElement[bool]]:
        """All but the time, which a piece has: of two ranges over one column SQLite would take the wider one."""
        named = ((decisions.c.tenant, self.tenant), (decisions.c.surface, self.surface))
        return [column == name for column, name in named if name is not None]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time within a selection, and how many decisions the log has in it, selected or not."""

    since_us: int
    until_us: int
    n_decisions: int


def pieces(database: Engine, selection: Selection) -> list[Piece]:
    """The selection's time cut into disjoint stretches of about `PIECE` decisions each.

    Read from the index over time alone, whose millionth entry is as near as its first.
    """
    at = decisions.c.decided_at_us
    inside = (at >= selection.since_us) & (at < selection.until_us)
    numbered = select(at.label("at"), func.row_number().over(order_by=at).label("n")).where(inside).subquery()
    marks = select(numbered.c.at).where(numbered.c.n % PIECE == 0).order_by(numbered.c.n)
    with database.connect() as connection:
        n_all = connection.execute(select(func.count()).select_from(decisions).where(inside)).scalar_one()
        starts = [mark + 1 for mark in connection.execute(marks).scalars()]
    return _between([selection.since_us, *starts, selection.until_us], n_all)


def _between(edges: Sequence[int], n_all: int) -> list[Piece]:
    """The stretches between edges; what is left of the decisions stands in the last one."""
    spans = [(since_us, until_us) for since_us, until_us in pairwise(edges) if since_us < until_us]
    counts = [PIECE] * (len(spans) - 1) + [n_all - PIECE * (len(spans) - 1)]
    return [Piece(*span, n_decisions) for span, n_decisions in zip(spans, counts, strict=False)]
