"""Reading what was done and whether the chain holds, page by page, for the routes."""

import orjson
from sqlalchemy import Connection, Engine, or_, select

from service.accountability.findings import ProblemKind
from service.accountability.schemas import AuditEvent, AuditEvents, AuditVerification
from service.accountability.verification import snapshot
from service.accountability.walking import ChainWalk, Notes, read_entries
from service.records.ledger import GENESIS, Head, read_head
from service.records.tables import events, ledger, ledger_checkpoints


def read_events(engine: Engine, tenant: str | None, kind: str | None, before: str | None, limit: int) -> AuditEvents:
    """A page of events, the newest first.

    Args:
        engine: of the database.
        tenant: events of this tenant only; None for all.
        kind: events of this kind, or whose kind begins with it and a dot; None for all.
        before: id of the last event of the page before.
        limit: at most so many.

    """
    query = select(events).order_by(events.c.event_id.desc()).limit(limit + 1)
    if tenant is not None:
        query = query.where(events.c.tenant == tenant)
    if kind is not None:
        query = query.where(or_(events.c.kind == kind, events.c.kind.startswith(f"{kind}.", autoescape=True)))
    if before is not None:
        query = query.where(events.c.event_id < before)
    with engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    page = [AuditEvent(**row | {"payload": orjson.loads(row["payload"])}) for row in map(dict, rows[:limit])]
    return AuditEvents(events=tuple(page), next_before=page[-1].event_id if len(rows) > limit else None)


def verify_stretch(engine: Engine, after: int, limit: int) -> AuditVerification:
    """Verify the entries after one whose hash is taken as given; at most `limit` of them.

    Rows that the ledger does not know show only in a whole verification (`weir audit verify`).
    """
    notes = Notes()
    with snapshot(engine) as connection:
        start = _start(connection, after, notes)
        walk = ChainWalk(connection, start, notes)
        for entries in read_entries(connection, start.seq, limit):
            walk.take(entries)
        is_end = walk.head.seq >= read_head(connection).seq
    return AuditVerification(
        valid=notes.n_problems == 0,
        n_entries=notes.n_entries,
        n_problems=notes.n_problems,
        problems=tuple(notes.problems),
        next_after=None if is_end else walk.head.seq,
    )


def _start(connection: Connection, after: int, notes: Notes) -> Head:
    """The entry before the stretch; where the chain begins after a purge, if that is later."""
    checkpoints = ledger_checkpoints.c
    newest = select(checkpoints.seq, checkpoints.hash).where(checkpoints.seq >= after).order_by(checkpoints.seq.desc())
    found = connection.execute(newest.limit(1)).first()
    if found is None:
        found = connection.execute(select(ledger.c.seq, ledger.c.hash).where(ledger.c.seq == after)).first()
    if found is not None:
        return Head(found.seq, bytes(found.hash))
    if after:
        notes.note(ProblemKind.MISSING_ENTRY, f"there is no entry {after} in the ledger", after)
    return Head(after, GENESIS)
