"""Purging decisions: the beginning of the chain goes, and what is left still proves that nothing else went.

What is old enough is verified first, in the order of the chain; a part that does not verify is not purged. Then one
transaction moves the place where the chain begins (a checkpoint with the hash of the last entry that goes) and records
the event `decisions.purged`, which is chained itself and vouches for the checkpoint. After that, rows and their entries
go in small batches. Events stay, and so do their entries: they hold neither content nor persons, and the checkpoint has
a hash over them.
"""

import time
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from sqlalchemy import Connection, Engine, delete, func, select

from service.accountability.retention import Retained
from service.accountability.verification import PURGED, checkpoint_payload, fold
from service.accountability.walking import ChainWalk, LedgerRow, Notes, read_entries
from service.records.ledger import GENESIS, EntryKind, Head, record_event, write_transaction
from service.records.tables import decisions, ledger, ledger_checkpoints

_NEWEST: Final = select(ledger_checkpoints).order_by(ledger_checkpoints.c.seq.desc()).limit(1)


class BrokenChainError(Exception):
    """What should be purged does not verify: `weir audit verify` says where. Nothing was purged."""


def retained_decisions(days: int) -> Retained:
    """Decisions as a kind of record."""
    return Retained("decisions", days, purge_some, count_overdue, move_beginning)


def move_beginning(engine: Engine, before_us: int, actor: str) -> None:
    """Let the chain begin after the last entry of the unbroken run of entries that are too old.

    Raises:
        BrokenChainError: That run does not verify.

    """
    with engine.connect() as connection:
        newest = connection.execute(_NEWEST).first()
        run = _OldRun(connection, newest)
        run.follow(before_us)
    if run.n_decisions == 0:
        return
    with write_transaction(engine) as connection:
        if _seq(connection.execute(_NEWEST).first()) != _seq(newest):  # another process was first
            return
        end, kept = run.end, run.kept
        values = {"seq": end.seq, "hash": end.hash, "kept": kept, "at_us": time.time_ns() // 1000}
        connection.execute(ledger_checkpoints.insert().values(values))
        payload = checkpoint_payload(end.seq, end.hash, kept) | {"decisions": run.n_decisions, "before_us": before_us}
        record_event(connection, PURGED, actor, None, payload)


def purge_some(connection: Connection, before_us: int, limit: int) -> int:  # noqa: ARG001 - the checkpoint says it
    """Delete up to `limit` decisions before the place where the chain begins, with their entries."""
    begins_after = _seq(connection.execute(_NEWEST).first())
    gone = (ledger.c.kind == EntryKind.DECISION.value) & (ledger.c.seq <= begins_after)
    wanted = select(ledger.c.seq, ledger.c.entry_id).where(gone).order_by(ledger.c.seq).limit(limit)
    found = connection.execute(wanted).all()
    if found:
        connection.execute(delete(decisions).where(decisions.c.decision_id.in_([entry.entry_id for entry in found])))
        connection.execute(delete(ledger).where(gone & (ledger.c.seq <= found[-1].seq)))
    return len(found)


def count_overdue(connection: Connection, before_us: int) -> int:
    """Decisions that are too old."""
    counted = select(func.count()).select_from(decisions).where(decisions.c.decided_at_us < before_us)
    return connection.execute(counted).scalar_one()


class _OldRun:
    """The entries after the beginning of the chain that are too old, up to the first that is not."""

    def __init__(self, connection: Connection, newest: LedgerRow | None) -> None:
        self._connection = connection
        self.end = Head(newest.seq, bytes(newest.hash)) if newest else Head(0, GENESIS)
        self.kept = bytes(newest.kept) if newest else GENESIS
        self.n_decisions = 0

    def follow(self, before_us: int) -> None:
        notes = Notes()
        walk = ChainWalk(self._connection, self.end, notes)
        for entries in read_entries(self._connection, self.end.seq):
            old = _leading(entries, before_us)
            walk.take(old)
            if notes.n_problems:
                raise BrokenChainError
            for entry in old:
                if entry.kind == EntryKind.EVENT:
                    self.kept = fold(self.kept, entry)
            self.n_decisions = notes.n_decisions
            if len(old) < len(entries):
                break
        self.end = walk.head


def _leading(entries: Sequence[LedgerRow], before_us: int) -> list[LedgerRow]:
    return list(takewhile(lambda entry: entry.at_us < before_us, entries))


def _seq(checkpoint: LedgerRow | None) -> int:
    return checkpoint.seq if checkpoint else 0
