"""Suggesting: from a source of decisions to the list of what a person should label next."""

from collections import Counter
from collections.abc import Callable
from typing import Final

import numpy as np
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from models.contracts import CATEGORIES
from models.contracts.base import Value
from monitoring.errors import ReferenceWindowError, SourceError
from monitoring.suggestions.picking import Compared, suggest
from monitoring.suggestions.suggestion import Suggestion
from monitoring.windows.deciders import Decider
from monitoring.windows.reading import MAX_ROWS, read_window
from monitoring.windows.source import Source
from monitoring.windows.window import Period, Window

_NO_POINTS: Final = (len(CATEGORIES), 3)
_KNOWN: Final = text("SELECT decision_id FROM reviews WHERE created_at_us >= :start AND created_at_us < :end")


class Suggested(Value):
    """What to label next, and what was looked at.

    Attributes:
        n_decisions: of the period.
        n_known: of them that people have already, in the queue or behind it.
        bundle: that made most of them; None without decisions.
        suggestions: the strongest of each motive first.
        notes: what was left out, and why.

    """

    n_decisions: int
    n_known: int = 0
    bundle: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    notes: tuple[str, ...] = ()


def suggest_from(
    source: Source,
    period: Period,
    find: Callable[[str], Compared],
    n: int,
    *,
    max_rows: int = MAX_ROWS,
    seed: int = 0,
) -> Suggested:
    """The decisions of a period that a person should label next.

    Args:
        source: of decisions.
        period: in which they were made.
        find: the reference of a text bundle by its digest; raises `ReferenceWindowError` where there is none.
        n: how many at most.
        max_rows: decisions that are looked at; of more, a sample that keeps what is rare.
        seed: of what is drawn.

    Raises:
        SourceError: the source cannot be read.

    """
    window = read_window(source, period, max_rows=max_rows, seed=seed)
    decider = _most_frequent(window, source)
    if not window.n_rows or decider is None:
        return Suggested(n_decisions=window.n_decisions, notes=("there are no decisions in this period",))
    notes, known = list(window.notes), _known(source.database, period)
    points, reference = decider.text_points, _reference(decider, find, notes)
    if points is None:
        points = np.full(_NO_POINTS, np.nan)
        notes.append("the thresholds that decided are not on record: uncertainty is left out")
    if not np.isfinite(window.text_vectors).any():
        notes.append("these decisions have no embeddings: novelty is left out, and copies are told by digest alone")
    found = suggest(window, reference, points, n, seed=seed, known=known)
    return Suggested(
        n_decisions=window.n_decisions,
        n_known=len(known),
        bundle=next(iter(decider.names.values()), None),
        suggestions=tuple(found),
        notes=tuple(notes),
    )


def _most_frequent(window: Window, source: Source) -> Decider | None:
    counts = Counter(dict(window.totals.deciders))
    if not counts:
        return None
    return source.deciders().get(counts.most_common(1)[0][0])


def _reference(decider: Decider, find: Callable[[str], Compared], notes: list[str]) -> Compared | None:
    if not decider.bundles:
        notes.append("which bundle decided is not on record: novelty is left out")
        return None
    try:
        return find(decider.bundles[0].digest)
    except ReferenceWindowError as error:
        notes.append(f"novelty is left out: {error}")
        return None


def _known(database: Engine | None, period: Period) -> frozenset[str]:
    """Decisions of the period that are or were in the review queue; none where there is no queue to read."""
    if database is None:
        return frozenset()
    try:
        if not inspect(database).has_table("reviews"):
            return frozenset()
        with database.connect() as connection:
            found = connection.execute(_KNOWN, {"start": period.start_us, "end": period.end_us})
            return frozenset(found.scalars())
    except SQLAlchemyError:
        raise SourceError("the review queue cannot be read; is the store being migrated? Try again") from None
