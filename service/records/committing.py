"""Committing: a group of units in one transaction, chained; and what to do with a unit that no database will take."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy import exc as errors

from service.records.commitments import COLUMNS, decision_digest
from service.records.inserting import insert_rows
from service.records.ledger import Entry, EntryKind, append, write_transaction
from service.records.tables import Row, decisions
from service.records.unit import Fate, Unit

_ID: Final = COLUMNS.index("decision_id")
_AT: Final = COLUMNS.index("decided_at_us")
_DECISION: Final = EntryKind.DECISION


def commit_group(engine: Engine, group: Sequence[Unit]) -> int:
    """Write units in one transaction, all but those whose guards refuse; returns the number of decisions.

    Raises:
        Exception: Whatever the driver or a unit's own write raises; nothing of the group is written then.

    """
    fates: list[Fate] = []
    with write_transaction(engine) as connection:
        fates.extend(Fate.WRITTEN if unit.guard is None or unit.guard(connection) else Fate.REFUSED for unit in group)
        written = [unit for unit, fate in zip(group, fates, strict=True) if fate is Fate.WRITTEN]
        rows = [row for unit in written for row in unit.rows]
        if rows:
            insert_rows(connection, decisions, rows)
            append(connection, [entry_of(row) for row in rows])
        for unit in written:
            for write in unit.also:
                write(connection)
    for unit, fate in zip(group, fates, strict=True):
        unit.fate = fate
    return len(rows)


def is_passing(error: Exception) -> bool:
    """Whether the same units may work later: the database is away, locked or full; not that one of them is at fault."""
    if isinstance(error, errors.DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, errors.OperationalError | errors.InterfaceError | errors.TimeoutError | OSError)


def was_written(engine: Engine, unit: Unit, error: Exception) -> bool:
    """Whether a unit is there already: the connection broke after its commit and before we heard of it."""
    if not unit.rows or not isinstance(error, errors.IntegrityError):
        return False
    with engine.connect() as connection:
        return _count(connection, [str(row[_ID]) for row in unit.rows]) == len(unit.rows)


def _count(connection: Connection, ids: Sequence[str]) -> int:
    counted = select(func.count()).select_from(decisions).where(decisions.c.decision_id.in_(ids))
    return connection.execute(counted).scalar_one()


def entry_of(row: Row) -> Entry:
    """What the ledger says of a decision."""
    at_us = row[_AT]
    assert isinstance(at_us, int)  # noqa: S101 - a column of integers
    return Entry(_DECISION, str(row[_ID]), at_us, decision_digest(row))
