"""Bookkeeping: what matching writes back into the store: quarantines at once, counts of matches in groups."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Engine, bindparam

from service.banks.store import next_revision, now_us
from service.banks.tables import bank_items


class MatchCount(NamedTuple):
    """Matches of one item since they were last written."""

    n_matches: int
    last_match_at_us: int


def write_quarantines(engine: Engine, reasons: Mapping[int, str]) -> None:
    """Quarantine items for all workers; one that is quarantined keeps its time and reason."""
    with engine.begin() as connection:
        revision = next_revision(connection)
        for item_id, reason in reasons.items():
            chosen = (bank_items.c.id == item_id) & bank_items.c.quarantined_at_us.is_(None)
            values = {"quarantined_at_us": now_us(), "quarantine_reason": reason, "revision": revision}
            connection.execute(bank_items.update().where(chosen).values(values))


def write_counts(engine: Engine, counts: Mapping[int, MatchCount]) -> None:
    """Add counts of matches; what matches does not change by it, so it takes no revision."""
    statement = (
        bank_items.update()
        .where(bank_items.c.id == bindparam("item"))
        .values(n_matches=bank_items.c.n_matches + bindparam("more"), last_match_at_us=bindparam("latest"))
    )
    rows = [
        {"item": key, "more": count.n_matches, "latest": count.last_match_at_us}
        for key, count in sorted(counts.items())
    ]
    with engine.begin() as connection:
        connection.execute(statement, rows)
