"""Failures: items that got no decision, counted by the minute, so that silence in the log is not taken for calm.

A decision has its own record; an item that failed (an empty text, an unreadable image, a full queue) has nothing but
its answer, and an upstream that breaks would look like traffic that went away. So each worker counts them by minute,
tenant, surface and code, and writes the counts down every few seconds, in a transaction of their own.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from sqlalchemy import Engine

from models.contracts import FailureCode
from service.faults import describe
from service.identity import UuidSource
from service.records.inserting import insert_rows
from service.records.ledger import write_transaction
from service.records.tables import item_failures

MAX_KEYS: Final = 1_000
"""Counts that are held between two writes. Beyond them surfaces, and beyond twice as many tenants, become one."""
OTHER: Final = "(other)"
INTERVAL_S: Final = 10.0
_MINUTE_US: Final = 60_000_000
_JOIN_S: Final = 10.0

logger = logging.getLogger("bentoml.weir.records")


class FailureKey(NamedTuple):
    """What is counted together. `at_us` is the start of the minute, microseconds since 1970."""

    at_us: int
    tenant: str
    surface: str
    code: str


class FailureCounts:
    """Counts in the event loop, and hands the counts to the thread that writes them."""

    def __init__(self, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self._counts: dict[FailureKey, int] = {}

    def count(self, tenant: str, surface: str, code: FailureCode, n_items: int = 1) -> None:
        """Count items that failed just now."""
        at_us = self._clock_ns() // 1000
        key = FailureKey(at_us - at_us % _MINUTE_US, tenant, surface, code.value)
        with self._lock:
            self._add(key, n_items)

    def take(self) -> dict[FailureKey, int]:
        """What was counted since the last time."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return counts

    def give_back(self, counts: dict[FailureKey, int]) -> None:
        """Count what could not be written again."""
        with self._lock:
            for key, n_items in counts.items():
                self._add(key, n_items)

    def _add(self, key: FailureKey, n_items: int) -> None:
        if key not in self._counts and len(self._counts) >= MAX_KEYS:
            key = key._replace(surface=OTHER)
            if key not in self._counts and len(self._counts) >= 2 * MAX_KEYS:
                key = key._replace(tenant=OTHER)
        self._counts[key] = self._counts.get(key, 0) + n_items


class FailureWriter:
    """Writes the counts of one worker down, in a thread of its own."""

    def __init__(self, database: Engine, counts: FailureCounts, interval_s: float = INTERVAL_S) -> None:
        self._database = database
        self._counts = counts
        self._interval_s = interval_s
        self._new_id = UuidSource()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="failures", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop, after what was counted is written."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)

    def flush(self) -> int:
        """Write down what was counted; returns how many rows. What fails to be written is kept for the next time."""
        counts = self._counts.take()
        if not counts:
            return 0
        rows = [(self._new_id(), *key, n_items) for key, n_items in counts.items()]
        try:
            with write_transaction(self._database) as connection:
                insert_rows(connection, item_failures, rows)
        except BaseException:
            self._counts.give_back(counts)
            raise
        return len(rows)

    def _run(self) -> None:
        is_closing = False
        while not is_closing:
            is_closing = self._closing.wait(self._interval_s)
            try:
                self.flush()
            except Exception as error:  # noqa: BLE001 - the database may be away; the next time comes, but for the last
                fate = "lost" if is_closing else "not written yet"
                logger.error("counts of failed items are %s: %s", fate, describe(error))  # noqa: TRY400
