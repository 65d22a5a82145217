"""Purging: everything that was kept for long enough goes, kind by kind, in small transactions."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Engine

from service.accountability.decisions import BrokenChainError
from service.accountability.retention import BATCH, Retained
from service.faults import describe
from service.identity import UuidSource
from service.records.leases import take_lease
from service.records.ledger import record_event, write_transaction

LEASE: Final = "purge"
_LEASE_S: Final = 600.0
_PAUSE_S: Final = 0.02
"""Between two batches, so that decisions go first."""
_JOIN_S: Final = 10.0
_FIRST_S: Final = 60.0
"""After the start, when a process has better things to do."""

Report = Callable[[str, int], None]
"""Told a kind, and how many of it are gone so far."""

logger = logging.getLogger("bentoml.weir.accountability")


def purge(
    engine: Engine,
    kinds: Sequence[Retained],
    actor: str,
    report: Report = lambda _kind, _n: None,
    goes_on: Callable[[], bool] = lambda: True,
) -> dict[str, int]:
    """Delete what is too old of every kind that is not kept for ever; returns how many rows, by kind.

    Args:
        engine: of the database.
        kinds: from `service.accountability.registry`.
        actor: for the events that say so.
        report: told after every batch.
        goes_on: asked before every batch; False ends it, and the next purge continues.

    Raises:
        BrokenChainError: Decisions that should go do not verify; other kinds are purged before this is raised.

    """
    counts: dict[str, int] = {}
    broken: BrokenChainError | None = None
    for kind in kinds:
        if kind.days == 0:
            continue
        before_us = kind.before_us(time.time_ns() // 1000)
        try:
            if kind.prepare is not None:
                kind.prepare(engine, before_us, actor)
        except BrokenChainError as error:
            broken = error
            continue
        counts[kind.kind] = _purge_kind(engine, kind, before_us, report, goes_on)
    gone = {name: count for name, count in counts.items() if count}
    if gone:
        with write_transaction(engine) as connection:
            record_event(connection, "retention.purged", actor, None, {"rows": gone})
    if broken is not None:
        raise broken
    return counts


def _purge_kind(engine: Engine, kind: Retained, before_us: int, report: Report, goes_on: Callable[[], bool]) -> int:
    total = 0
    while goes_on():
        with write_transaction(engine) as connection:
            n_gone = kind.purge(connection, before_us, BATCH)
        total += n_gone
        report(kind.kind, total)
        if n_gone < BATCH:
            break
        time.sleep(_PAUSE_S)
    return total


class Purger:
    """Purges in the background of one worker, of all that there are: whoever holds the lease."""

    def __init__(self, engine: Engine, kinds: Sequence[Retained], interval_s: float) -> None:
        self._engine = engine
        self._kinds = kinds
        self._interval_s = interval_s
        self._holder = f"{socket.gethostname()[:20]}:{os.getpid()}:{UuidSource()()[-8:]}"
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="purger", daemon=True)
        self.n_failures = 0

    def start(self) -> None:
        """Start the thread; without a kind that is ever purged there is nothing to do."""
        if any(kind.days for kind in self._kinds):
            self._thread.start()

    def close(self) -> None:
        """Stop after the batch that is under way."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)

    def purge_once(self) -> dict[str, int] | None:
        """Purge, unless another process has done so within the interval: then None."""
        if not take_lease(self._engine, LEASE, self._holder, max(self._interval_s, _LEASE_S)):
            return None
        return purge(self._engine, self._kinds, "purger", goes_on=self._goes_on)

    def _goes_on(self) -> bool:
        return not self._closing.is_set()

    def _run(self) -> None:
        wait_s = min(_FIRST_S, self._interval_s)
        while not self._closing.wait(wait_s):
            wait_s = self._interval_s
            try:
                self.purge_once()
            except BrokenChainError:
                self.n_failures += 1
                logger.error("decisions are not purged: the chain does not verify; run: weir audit verify")  # noqa: TRY400
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, the next purge tries again
                self.n_failures += 1
                logger.error("the purge failed, trying again later: %s", describe(error))  # noqa: TRY400
