"""The record writer: a thread that commits decisions in groups, before their answers leave.

The event loop appends a unit to a list and wakes the thread, which writes everything that waits in one transaction:
while it commits, the next group gathers. An answer is sent when its unit is on disk, so a decision that somebody was
told of survives the death of the process. What happens when the database is slow or gone is explicit:

- a failed commit is tried again, with the same units, until it works; nothing is dropped;
- once `max_pending` records wait, `is_full` turns true and the service refuses to decide (503) until there is room;
- at shutdown everything is flushed; what a dead database still refuses after the timeout is counted in the log.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine

from service.faults import describe
from service.records.commitments import decision_digest
from service.records.ledger import Entry, EntryKind, append, write_transaction
from service.records.tables import Row, decisions

MAX_GROUP: Final = 2_000
"""Records in one transaction, unless one unit has more."""
MAX_BACKOFF_S: Final = 5.0
COLUMNS: Final = tuple(decisions.columns.keys())

Write = Callable[[Connection], None]
"""Something to write in the transaction of a decision."""
Guard = Callable[[Connection], bool]
"""Asked first, in the same transaction: False when the unit must not be written, as another was first."""

logger = logging.getLogger("bentoml.weir.records")


@dataclass(slots=True)
class Unit:
    """What is written together or not at all: the decisions of a request, and what belongs to them.

    Attributes:
        rows: of `decisions`, whole.
        also: written after them.
        guard: whether to write it.
        on_done: called in `loop` once the unit is on disk (True) or its guard refused it (False).

    """

    rows: Sequence[Row]
    also: Sequence[Write] = ()
    guard: Guard | None = None
    loop: asyncio.AbstractEventLoop | None = None
    on_done: Callable[[bool], None] | None = None
    is_written: bool = field(default=False, init=False)

    @property
    def size(self) -> int:
        """What it counts for."""
        return max(1, len(self.rows))


class RecordWriter:
    """Writes decisions in the background. `start` it, `put` units, `close` it."""

    def __init__(
        self, engine: Engine, max_pending: int, interval_s: float, on_commit: Callable[[int, float], None]
    ) -> None:
        self._engine = engine
        self._max_pending = max_pending
        self._interval_s = interval_s
        self._on_commit = on_commit
        self._waiting: deque[Unit] = deque()
        self._n_put = 0
        self._n_settled = 0
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._insert = str(decisions.insert().values(dict.fromkeys(COLUMNS)).compile(dialect=engine.dialect))
        self._named = not engine.dialect.positional
        self.n_failures = 0

    @property
    def n_pending(self) -> int:
        """Records that are not in the database yet."""
        return self._n_put - self._n_settled

    @property
    def is_full(self) -> bool:
        """No room for another decision."""
        return self.n_pending >= self._max_pending

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, unit: Unit) -> None:
        """Queue one unit. Never blocks; the caller has asked `is_full` before deciding."""
        self._n_put += unit.size
        self._waiting.append(unit)
        self._wake.set()

    def close(self, timeout_s: float) -> int:
        """Flush and stop; returns how many records could not be written in time."""
        self._closing.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if lost := self.n_pending:
            logger.error("%d records could not be written before the shutdown timeout", lost)
        return lost

    def _run(self) -> None:
        while not (self._closing.is_set() and not self._waiting):
            self._wake.wait()
            self._wake.clear()
            if self._interval_s and not self._closing.is_set():
                time.sleep(self._interval_s)
            while self._waiting:
                self._write_group()

    def _write_group(self) -> None:
        """Take what waits, up to one transaction; counted as pending until it is committed."""
        group: list[Unit] = []
        size = 0
        while self._waiting and (not group or size + self._waiting[0].size <= MAX_GROUP):
            unit = self._waiting.popleft()
            group.append(unit)
            size += unit.size
        self._commit_until_done(group)
        self._n_settled += size
        _tell(group)

    def _commit_until_done(self, group: Sequence[Unit]) -> None:
        pause_s = 0.1
        while True:
            started = time.perf_counter()
            try:
                n_records = self._commit(group)
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, the units are kept and tried again
                self.n_failures += 1
                logger.error("writing %d units failed, trying again: %s", len(group), describe(error))  # noqa: TRY400
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, MAX_BACKOFF_S)
            else:
                self._on_commit(n_records, time.perf_counter() - started)
                return

    def _commit(self, group: Sequence[Unit]) -> int:
        """One `executemany` of raw tuples: SQLAlchemy's own handling would cost as much as the database."""
        with write_transaction(self._engine) as connection:
            for unit in group:
                unit.is_written = unit.guard is None or unit.guard(connection)
            written = [unit for unit in group if unit.is_written]
            rows = [row for unit in written for row in unit.rows]
            if rows:
                named = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
                connection.exec_driver_sql(self._insert, named if self._named else rows)
                append(connection, [_entry(row) for row in named])
            for unit in written:
                for write in unit.also:
                    write(connection)
        return len(rows)


def _entry(row: Mapping[str, object]) -> Entry:
    at_us = row["decided_at_us"]
    assert isinstance(at_us, int)  # noqa: S101 - a column of integers
    return Entry(EntryKind.DECISION, str(row["decision_id"]), at_us, decision_digest(row))


def _tell(group: Sequence[Unit]) -> None:
    """Tell every loop of its units in one call: each call writes to the loop's pipe."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Unit]] = {}
    for unit in group:
        if unit.loop is not None and unit.on_done is not None:
            by_loop.setdefault(unit.loop, []).append(unit)
    for loop, units in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, units)


def _settle(units: Sequence[Unit]) -> None:
    for unit in units:
        if unit.on_done is not None:
            try:
                unit.on_done(unit.is_written)
            except Exception as error:  # noqa: BLE001 - the answer of one request must not break the others
                logger.error("answering a request failed: %s", describe(error))  # noqa: TRY400 - it could quote content
