"""Erasure: one author's personal fields and stored content go; the chain over the decisions stays whole."""

import time
from collections.abc import Sequence
from typing import Final

from pydantic import Field
from sqlalchemy import ColumnElement, Connection, Engine, select, update

from models.contracts.base import Value
from service.accountability.erasers import Eraser
from service.accountability.verification import ERASED
from service.records.commitments import VECTORS
from service.records.ledger import record_event, write_transaction
from service.records.tables import decisions

BATCH: Final = 500
"""Decisions in one transaction."""


class Erased(Value):
    """What was erased of one author.

    Attributes:
        decisions: whose personal fields are gone; the decisions themselves stay.
        rows: other rows, by kind.

    """

    decisions: int
    rows: dict[str, int] = Field(default_factory=dict)


def erase(engine: Engine, subject: str, tenant: str | None, actor: str, erasers: Sequence[Eraser]) -> Erased:
    """Forget an author. Works beside a running server, and again: then there is nothing left to find.

    Each transaction that erases anything records an event with the counts, and without the author.

    Args:
        engine: of the database.
        subject: keyed digest of the author's id (`ContentDigester.subject`).
        tenant: only within this tenant; None for all.
        actor: who asked for it.
        erasers: from `service.accountability.registry`.

    """
    total = Erased(decisions=0)
    is_first = True
    while True:
        with write_transaction(engine) as connection:
            _overwrite_what_is_deleted(connection, "ON")
            erased = _erase_some(connection, subject, tenant, erasers, with_rest=is_first)
            if erased.decisions or any(erased.rows.values()):
                record_event(connection, ERASED, actor, tenant, erased.model_dump())
            _overwrite_what_is_deleted(connection, "OFF")
        total = _add(total, erased)
        is_first = False
        if erased.decisions < BATCH:
            break
    _forget_old_pages(engine)
    return total


def count_decisions(engine: Engine, subject: str, tenant: str | None) -> int:
    """Decisions that name an author."""
    with engine.connect() as connection:
        return len(connection.execute(select(decisions.c.decision_id).where(*_whose(subject, tenant))).all())


def _whose(subject: str, tenant: str | None) -> list[ColumnElement[bool]]:
    return [decisions.c.subject == subject, *([] if tenant is None else [decisions.c.tenant == tenant])]


def _erase_some(
    connection: Connection, subject: str, tenant: str | None, erasers: Sequence[Eraser], *, with_rest: bool
) -> Erased:
    ids = [
        row.decision_id
        for row in connection.execute(select(decisions.c.decision_id).where(*_whose(subject, tenant)).limit(BATCH))
    ]
    rows: dict[str, int] = {}
    for eraser in erasers:
        count = eraser.erase(connection, subject, tenant, []) if with_rest else 0
        count += eraser.erase(connection, subject, tenant, ids) if ids else 0
        if count:
            rows[eraser.kind] = count
    if ids:
        blank = {"content_id": None, "subject": None, "content_digest": "", "context": None, "salt": None}
        blank |= dict.fromkeys(VECTORS)
        blanked = update(decisions).where(decisions.c.decision_id.in_(ids))
        connection.execute(blanked.values(**blank, erased_at_us=time.time_ns() // 1000))
    return Erased(decisions=len(ids), rows=rows)


def _overwrite_what_is_deleted(connection: Connection, switch: str) -> None:
    """Otherwise SQLite leaves the old values in its file until something else needs the room."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA secure_delete={switch}")


def _add(one: Erased, other: Erased) -> Erased:
    names = {*one.rows, *other.rows}
    rows = {name: one.rows.get(name, 0) + other.rows.get(name, 0) for name in sorted(names)}
    return Erased(decisions=one.decisions + other.decisions, rows=rows)


def _forget_old_pages(engine: Engine) -> None:
    """SQLite's write-ahead log still has the pages from before: move it into the file and cut it, if nobody reads."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
