"""Verification: the whole chain from where it begins to its head, in one snapshot of the database."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, Table, func, select

from service.accountability.findings import AuditHead, AuditReport, ProblemKind
from service.accountability.walking import ChainWalk, LedgerRow, Notes, check_rows, read_entries
from service.records.ledger import GENESIS, EntryKind, Head, read_head
from service.records.tables import decisions, events, ledger, ledger_checkpoints

ERASED: Final = "subject.erased"
"""Kind of the event of every erasure."""
PURGED: Final = "decisions.purged"
"""Kind of the event that vouches for a checkpoint."""

Progress = Callable[[int, int], None]
"""Told how many entries are checked, and how many there are."""


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see the same state, while others go on writing."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection
        connection.rollback()


def head_of(head: Head) -> AuditHead:
    """The end of the chain as people keep it."""
    return AuditHead(seq=head.seq, hash=head.hash.hex(), head=str(head))


def verify(engine: Engine, expected: Head | None = None, progress: Progress | None = None) -> AuditReport:
    """Recompute everything: numbers, hashes, digests of rows, commitments, and that no row is unlisted.

    Args:
        engine: of the database; others may write meanwhile.
        expected: a head that was kept elsewhere: the chain must contain it.
        progress: told after every chunk.

    """
    with snapshot(engine) as connection:
        return Verification(connection, expected, progress).run()


def fold(kept: bytes, entry: LedgerRow) -> bytes:
    """The hash over the entries of events that a purge leaves in place: each over the one before."""
    said = orjson.dumps([entry.seq, entry.entry_id, entry.at_us])
    return hashlib.blake2b(kept + bytes(entry.digest) + bytes(entry.hash) + said, digest_size=32).digest()


class Verification:
    """One run over one snapshot."""

    def __init__(self, connection: Connection, expected: Head | None, progress: Progress | None) -> None:
        self._connection = connection
        self._expected = expected
        self._progress = progress
        self._notes = Notes()
        self._is_expected_seen = expected is None or expected.seq == 0

    def run(self) -> AuditReport:
        """Check it all."""
        notes = self._notes
        checkpoint = self._connection.execute(
            select(ledger_checkpoints).order_by(ledger_checkpoints.c.seq.desc()).limit(1)
        ).first()
        start = Head(checkpoint.seq, bytes(checkpoint.hash)) if checkpoint else Head(0, GENESIS)
        total = self._count(ledger)
        n_leftover = self._check_purged_part(checkpoint) if checkpoint else 0
        self._look_for(start)
        walk = ChainWalk(self._connection, start, notes)
        for entries in read_entries(self._connection, start.seq):
            walk.take(entries)
            for entry in entries:
                self._look_for(Head(entry.seq, bytes(entry.hash)))
            if self._progress is not None:
                self._progress(notes.n_entries, total)
        self._check_expected(start, walk.head)
        self._check_erasures()
        self._check_unlisted(n_leftover)
        return AuditReport(
            valid=notes.n_problems == 0,
            head=head_of(walk.head),
            n_entries=notes.n_entries,
            n_decisions=notes.n_decisions,
            n_events=notes.n_events,
            n_erased=notes.n_erased,
            purged_through=start.seq,
            n_problems=notes.n_problems,
            problems=tuple(notes.problems),
        )

    def _check_purged_part(self, checkpoint: LedgerRow) -> int:
        """What a purge leaves: events with their entries, and what it has not come to yet; returns the latter."""
        kept, n_leftover = GENESIS, 0
        for entries in read_entries(self._connection, 0):
            part = [entry for entry in entries if entry.seq <= checkpoint.seq]
            about = [entry for entry in part if entry.kind == EntryKind.EVENT]
            for entry in about:
                kept = fold(kept, entry)
            check_rows(self._connection, about, self._notes)
            self._notes.n_entries += len(about)
            n_leftover += self._count_rows([entry.entry_id for entry in part if entry.kind == EntryKind.DECISION])
            if len(part) < len(entries):
                break
        if kept != bytes(checkpoint.kept) or not self._is_vouched_for(checkpoint):
            said = "no event of a purge vouches for where the chain begins and for the events before it"
            self._notes.note(ProblemKind.BROKEN_CHECKPOINT, said, checkpoint.seq)
        return n_leftover

    def _is_vouched_for(self, checkpoint: LedgerRow) -> bool:
        said = checkpoint_payload(checkpoint.seq, bytes(checkpoint.hash), bytes(checkpoint.kept))
        payloads = self._connection.execute(select(events.c.payload).where(events.c.kind == PURGED)).scalars()
        return any(said.items() <= orjson.loads(payload).items() for payload in payloads)

    def _look_for(self, head: Head) -> None:
        if self._expected is not None and head.seq == self._expected.seq:
            self._is_expected_seen = True
            if head.hash != self._expected.hash:
                said = "the chain has another hash here than the head that was kept"
                self._notes.note(ProblemKind.OTHER_HEAD, said, head.seq)

    def _check_expected(self, start: Head, end: Head) -> None:
        expected = self._expected
        if expected is None or self._is_expected_seen:
            return
        if expected.seq > end.seq:
            said = f"the chain ends at {end.seq}, before the head that was kept"
            self._notes.note(ProblemKind.TRUNCATED, said, expected.seq)
        elif expected.seq < start.seq:
            said = f"entries up to {start.seq} are purged: compare with a head from after the purge"
            self._notes.note(ProblemKind.PURGED_HEAD, said, expected.seq)

    def _check_erasures(self) -> None:
        """Every erasure left an event with its count, and events stay: those of purged decisions count as well."""
        said = self._connection.execute(select(events.c.payload).where(events.c.kind == ERASED)).scalars()
        accounted = sum(orjson.loads(payload).get("decisions", 0) for payload in said)
        if self._notes.n_erased > accounted:
            detail = f"{self._notes.n_erased} decisions are erased, and the events of erasures tell of {accounted}"
            self._notes.note(ProblemKind.UNRECORDED_ERASURE, detail)

    def _check_unlisted(self, n_leftover: int) -> None:
        """Every entry was looked up, so rows beyond those found are rows without an entry: then find out which."""
        notes = self._notes
        listed = (
            (decisions, "decision_id", notes.n_found_decisions + n_leftover),
            (events, "event_id", notes.n_found_events),
        )
        for table, key, n_found in listed:
            if self._count(table) > n_found:
                for row_id in self._unlisted(table, key):
                    said = f"a row of {table.name} that the ledger does not know"
                    notes.note(ProblemKind.UNLISTED_ROW, said, entry_id=row_id)

    def _unlisted(self, table: Table, key: str) -> Iterator[str]:
        column: Any = table.c[key]
        known = select(ledger.c.entry_id)
        for row in self._connection.execute(select(column).where(column.not_in(known)).order_by(column)):
            yield row[0]

    def _count(self, table: Table) -> int:
        return self._connection.execute(select(func.count()).select_from(table)).scalar_one()

    def _count_rows(self, ids: list[str]) -> int:
        if not ids:
            return 0
        counted = select(func.count()).select_from(decisions).where(decisions.c.decision_id.in_(ids))
        return self._connection.execute(counted).scalar_one()


def checkpoint_payload(seq: int, chain_hash: bytes, kept: bytes) -> dict[str, object]:
    """What the event of a purge says of the place where the chain begins after it."""
    return {"through": seq, "hash": chain_hash.hex(), "kept": kept.hex()}


def read_current_head(engine: Engine) -> AuditHead:
    """The end of the chain now."""
    with engine.connect() as connection:
        return head_of(read_head(connection))
