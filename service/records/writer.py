"""The record writer: a thread that commits decisions in groups, before their answers leave.

The event loop appends a unit to a list and wakes the thread, which writes everything that waits in one transaction:
while it commits, the next group gathers. An answer is sent when its unit is on disk, so a decision that somebody was
told of survives the death of the process. What happens when the database is slow or gone is explicit:

- a failed commit is tried again, with the same units, until it works; nothing is dropped;
- a unit that fails by itself while the database works is rejected, logged and answered with an error, and its
  neighbours are written without it;
- once `max_pending` records wait, `is_full` turns true and the service refuses to decide (503) until there is room;
- at shutdown everything is flushed; what a dead database still refuses after the timeout is counted in the log.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Engine

from service.faults import describe
from service.records.commitments import COLUMNS
from service.records.committing import commit_group, is_passing, was_written
from service.records.unit import Fate, Guard, Unit, Write, tell_all

__all__ = ["COLUMNS", "MAX_GROUP", "Guard", "RecordWriter", "Unit", "Write"]

MAX_GROUP: Final = 2_000
"""Records in one transaction, unless one unit has more."""
MAX_BACKOFF_S: Final = 5.0

logger = logging.getLogger("bentoml.weir.records")


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
        self._putting = threading.Lock()
        self._n_put = 0
        self._n_settled = 0
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self.n_failures = 0
        self.n_rejected = 0

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
        """Queue one unit, from any thread. Never waits for the database; the caller has asked `is_full` before."""
        with self._putting:  # an addition to an attribute is several steps, and threads may meet between them
            self._n_put += unit.size
        self._waiting.append(unit)
        if not self._wake.is_set():  # otherwise the thread has yet to look, and will see this unit
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
        self._settle(group)
        self._n_settled += size
        tell_all(group)

    def _settle(self, group: Sequence[Unit]) -> None:
        """Give every unit its fate, however long it takes."""
        pause_s = 0.1
        while True:
            started = time.perf_counter()
            try:
                n_records = commit_group(self._engine, group)
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, the units are kept and tried again
                self.n_failures += 1
                logger.error("writing %d units failed: %s", len(group), describe(error))  # noqa: TRY400
                if not is_passing(error):
                    self._part(group, error)
                    return
                logger.error("trying again in %.1f s", pause_s)  # noqa: TRY400
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, MAX_BACKOFF_S)
            else:
                self._on_commit(n_records, time.perf_counter() - started)
                return

    def _part(self, group: Sequence[Unit], error: Exception) -> None:
        """Find out which unit is at fault by writing each alone; one that was alone is."""
        if len(group) > 1:
            for unit in group:
                self._settle([unit])
        elif was_written(self._engine, group[0], error):
            group[0].fate = Fate.WRITTEN
        else:
            group[0].fate = Fate.REJECTED
            self.n_rejected += 1
            logger.error("a unit of %d records is rejected: the database works, but not with it", group[0].size)
