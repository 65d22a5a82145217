"""The ledger: a hash chain over everything that was decided or done, which nobody can change without being seen.

Every entry names what it is about (`kind`, `entry_id`), the digest of that row, and a hash over all of this and the
hash of the entry before. There is one chain a deployment: an entry is appended in the transaction that writes its row,
and transactions that write take turns.

A decision's digest covers its personal fields by a salted commitment only, so that they can be erased and the chain
still holds (`service.records.commitments`).
"""

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Final, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, select, text

from service.identity import UuidSource
from service.records.inserting import insert_rows
from service.records.tables import events, ledger, ledger_checkpoints
from service.records.turns import turn

GENESIS: Final = bytes(32)
"""What stands for the hash before the first entry."""
_LOCK: Final = 0x4C454447
"""Number of the Postgres advisory lock ("LEDG" in ASCII)."""
_TAKE_LOCK: Final = text("SELECT pg_advisory_xact_lock(:number)")
_HEAD: Final = "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1"
"""As the driver takes it: every commit asks, and SQLAlchemy would cost more than the database here."""
_CHECKPOINT: Final = (
    select(ledger_checkpoints.c.seq, ledger_checkpoints.c.hash).order_by(ledger_checkpoints.c.seq.desc()).limit(1)
)
_EVENT_COLUMNS: Final = ("event_id", "at_us", "kind", "actor", "tenant", "payload")
_new_id: Final = UuidSource()


class EntryKind(StrEnum):
    """What an entry is about: the table of its row."""

    DECISION = "decision"
    EVENT = "event"


class Entry(NamedTuple):
    """One entry before it is chained. `digest` is that of the row, 32 bytes."""

    kind: EntryKind
    entry_id: str
    at_us: int
    digest: bytes


class Head(NamedTuple):
    """The end of the chain: the number of its last entry (0 for none) and its hash, which vouches for all before."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        """`SEQ:HASH`, as `weir audit head` prints it."""
        return f"{self.seq}:{self.hash.hex()}"


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write. Only one runs at a time, in all processes, so that what it reads stays true.

    On SQLite it takes the write lock at once, after waiting for its turn; on Postgres it takes an advisory lock first.
    Keep it short: every answer waits for such a transaction.
    """
    with turn(engine), engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(_TAKE_LOCK, {"number": _LOCK})
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def read_head(connection: Connection) -> Head:
    """The end of the chain now; after a purge of everything, that is where the purge ended."""
    found = connection.exec_driver_sql(_HEAD).first() or connection.execute(_CHECKPOINT).first()
    return Head(found.seq, bytes(found.hash)) if found else Head(0, GENESIS)


def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Chain entries in this order. The connection is in a `write_transaction`."""
    if not entries:
        return
    seq, previous = read_head(connection)
    rows: list[tuple[object, ...]] = []
    for entry in entries:
        seq += 1
        previous = chained(previous, seq, entry)
        rows.append((seq, entry.kind.value, entry.entry_id, entry.at_us, entry.digest, previous))
    insert_rows(connection, ledger, rows)


def chained(previous: bytes, seq: int, entry: Entry) -> bytes:
    """The hash of an entry: BLAKE2b-256 over the hash before it and everything that it says."""
    said = orjson.dumps((seq, entry.kind.value, entry.entry_id, entry.at_us))
    return hashlib.blake2b(previous + entry.digest + said, digest_size=32).digest()


def record_event(connection: Connection, kind: str, actor: str, tenant: str | None, payload: dict[str, object]) -> str:
    """Write down something that was done, such as the activation of a policy, and chain it; returns the event's id.

    Args:
        connection: in a `write_transaction`, the one that does what the event says.
        kind: a dotted name, such as `policy.activated`.
        actor: who did it, as `Principal.actor` or `cli:<user>`.
        tenant: None where it concerns all of them.
        payload: JSON. Never content, and never who posted it: events are not erased.

    """
    event_id, at_us = _new_id(), time.time_ns() // 1000
    written = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS).decode()
    row = {"event_id": event_id, "at_us": at_us, "kind": kind, "actor": actor, "tenant": tenant, "payload": written}
    connection.execute(events.insert().values(row))
    append(connection, [Entry(EntryKind.EVENT, event_id, at_us, event_digest(row))])
    return event_id


def event_digest(row: Mapping[str, object]) -> bytes:
    """The digest of an event's row."""
    return hashlib.blake2b(orjson.dumps([row[name] for name in _EVENT_COLUMNS]), digest_size=32).digest()
