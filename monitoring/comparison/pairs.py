"""Pairs: what both bundles made of the same decisions, and what people said of them, read from the store."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from monitoring.errors import SourceError
from monitoring.windows.scores import read_scores
from monitoring.windows.source import Source
from monitoring.windows.window import Period

_CHUNK: Final = 5_000
_TABLES: Final = ("shadow_decisions", "decisions", "reviews", "review_verdicts", "review_labels")
_SHADOWS: Final = text(
    "SELECT shadow, count(*), min(at_us), max(at_us) FROM shadow_decisions WHERE scores IS NOT NULL GROUP BY shadow"
)
_PAIRS: Final = text(
    "SELECT s.decision_id, s.at_us, s.active_action, s.active_review, s.action, s.review, s.scores, d.scores AS old "
    "FROM shadow_decisions s JOIN decisions d ON d.decision_id = s.decision_id "
    "WHERE s.shadow = :shadow AND s.at_us >= :start AND s.at_us < :end AND s.decision_id > :last "
    "ORDER BY s.decision_id LIMIT :n"
)
_VERDICTS: Final = text(
    "SELECT v.decision_id, v.action, s.active_action, s.action AS shadow_action FROM review_verdicts v "
    "JOIN shadow_decisions s ON s.decision_id = v.decision_id "
    "WHERE s.shadow = :shadow AND s.at_us >= :start AND s.at_us < :end AND v.action IS NOT NULL "
    "AND v.source IN ('review', 'appeal') ORDER BY v.at_us, v.verdict_id"
)
"""Verdicts that stand; answers to golden items and second opinions measure reviewers."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One decision as it was and as it would have been. Scores are probabilities by category."""

    decision_id: str
    at_us: int
    actions: tuple[str, str]
    reviews: tuple[bool, bool]
    old: dict[str, float]
    new: dict[str, float]


def find_shadow(source: Source, name: str | None) -> tuple[str, Period]:
    """A bundle that ran in shadow, and when.

    Args:
        source: of decisions.
        name: the beginning of its digest; by default the one that ran last.

    Raises:
        SourceError: there is none, or more than one begins like that.

    """
    found = sorted(_rows(source, _SHADOWS, {}), key=lambda row: row[3], reverse=True)
    named = [row for row in found if name is None or str(row[0]).startswith(name)]
    if not named:
        what = "no bundle has run" if name is None else f"no bundle whose digest begins with {name} has run"
        raise SourceError(f"{what} in shadow; let one: weir policy shadow set --bundle FOLDER")
    if name is not None and len(named) > 1:
        raise SourceError(f"{len(named)} bundles begin with {name}; name more of the digest")
    digest, _, first, last = named[0]
    return str(digest), Period(int(first), int(last) + 1)


def read_pairs(source: Source, shadow: str, period: Period) -> Iterator[Pair]:
    """Decisions that both bundles scored, chunk by chunk."""
    last = ""
    while True:
        asked = {"shadow": shadow, "start": period.start_us, "end": period.end_us, "last": last, "n": _CHUNK}
        rows = _rows(source, _PAIRS, asked)
        for row in rows:
            yield _pair(row)
        if len(rows) < _CHUNK:
            return
        last = rows[-1].decision_id


def read_verdicts(source: Source, shadow: str, period: Period) -> list[tuple[str, str, str]]:
    """Of each decision that a person judged: the action that person asks for, the old one and the new one."""
    asked = {"shadow": shadow, "start": period.start_us, "end": period.end_us}
    latest = {row.decision_id: row for row in _rows(source, _VERDICTS, asked)}
    return [(row.action, row.active_action, row.shadow_action) for row in latest.values()]


def _pair(row: Any) -> Pair:  # noqa: ANN401 - a row
    return Pair(
        decision_id=row.decision_id,
        at_us=int(row.at_us),
        actions=(row.active_action, row.action),
        reviews=(bool(row.active_review), bool(row.review)),
        old=read_scores(row.old) or {},
        new=read_scores(row.scores) or {},
    )


def _rows(source: Source, query: Any, asked: dict[str, object]) -> list[Any]:  # noqa: ANN401 - rows
    database = source.database
    if database is None:
        raise SourceError("exported files hold no shadows; name the store itself with --source")
    try:
        _require_tables(database)
        with database.connect() as connection:
            return list(connection.execute(query, asked).all())
    except SQLAlchemyError:
        raise SourceError("the store cannot be read; is it being migrated? Try again") from None


def _require_tables(database: Engine) -> None:
    missing = set(_TABLES) - set(inspect(database).get_table_names())
    if missing:
        raise SourceError(f"the store has no {', '.join(sorted(missing))}: a Weir before shadows and reviews wrote it")
