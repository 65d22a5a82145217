"""The record writer: a thread that commits decisions in groups.

The event loop only appends a tuple to a list. The thread wakes at an interval, or earlier when many records wait,
and writes everything that waits in one transaction. What happens when the database is slow or gone is explicit:

- a failed commit is tried again, with the same records, until it works; nothing is dropped;
- once `max_pending` records wait, `is_full` turns true and the service refuses to decide (503) until there is room;
- at shutdown everything is flushed; what a dead database still refuses after the timeout is counted in the log.

A crash of the process loses at most the records of one interval: the answer does not wait for the disk.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Engine

from service.faults import describe
from service.records.tables import PICTURED, Row, decisions

WAKE_AT: Final = 512
"""Records that wake the writer before its interval is over."""
MAX_GROUP: Final = 2_000
"""Records in one transaction."""
MAX_BACKOFF_S: Final = 5.0
_ALL_COLUMNS: Final = tuple(decisions.columns.keys())
_TEXT_COLUMNS: Final = _ALL_COLUMNS[: -len(PICTURED)]

logger = logging.getLogger("bentoml.weir.records")


class RecordWriter:
    """Writes decisions in the background. `start` it, `put` rows, `close` it."""

    def __init__(
        self, engine: Engine, max_pending: int, interval_s: float, on_commit: Callable[[int, float], None]
    ) -> None:
        self._engine = engine
        self._max_pending = max_pending
        self._interval_s = interval_s
        self._on_commit = on_commit
        self._waiting: deque[Row] = deque()
        self._n_writing = 0
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._statements = {
            len(names): (str(decisions.insert().values(dict.fromkeys(names)).compile(dialect=engine.dialect)), names)
            for names in (_TEXT_COLUMNS, _ALL_COLUMNS)
        }
        self._named = not engine.dialect.positional
        self.n_failures = 0

    @property
    def n_pending(self) -> int:
        """Records that are not in the database yet."""
        return len(self._waiting) + self._n_writing

    @property
    def is_full(self) -> bool:
        """No room for another decision."""
        return len(self._waiting) + self._n_writing >= self._max_pending

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, row: Row) -> None:
        """Queue one record. Never blocks; the caller has asked `is_full` before deciding."""
        self._waiting.append(row)
        if len(self._waiting) == WAKE_AT:
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
            self._wake.wait(self._interval_s)
            self._wake.clear()
            while self._waiting:
                self._write_group()

    def _write_group(self) -> None:
        """Take what waits, up to one transaction; counted as pending until it is committed."""
        self._n_writing = min(len(self._waiting), MAX_GROUP)
        group = [self._waiting.popleft() for _ in range(self._n_writing)]
        self._commit_until_done(group)
        self._n_writing = 0

    def _commit_until_done(self, group: Sequence[Row]) -> None:
        pause_s = 0.1
        while True:
            started = time.perf_counter()
            try:
                self._commit(group)
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, the records are kept and tried again
                self.n_failures += 1
                logger.error("writing %d records failed, trying again: %s", len(group), describe(error))  # noqa: TRY400
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, MAX_BACKOFF_S)
            else:
                self._on_commit(len(group), time.perf_counter() - started)
                return

    def _commit(self, group: Sequence[Row]) -> None:
        """One `executemany` a length of raw tuples: SQLAlchemy's own handling would cost as much as the database."""
        with self._engine.begin() as connection:
            for length, (statement, names) in self._statements.items():
                rows = [row for row in group if len(row) == length]
                if rows and self._named:
                    connection.exec_driver_sql(statement, [dict(zip(names, row, strict=True)) for row in rows])
                elif rows:
                    connection.exec_driver_sql(statement, rows)
