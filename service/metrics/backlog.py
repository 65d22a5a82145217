"""The backlog: what waits in the database, looked up now and then by one of all workers and never at a scrape."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, func, select

from service.faults import describe
from service.identity import UuidSource
from service.jobs.tables import jobs
from service.jobs.values import JobState
from service.metrics.recorder import Backlog, Recorder
from service.records.leases import drop_lease, take_lease
from service.reviews.tables import reviews
from service.reviews.values import DECIDING, ReviewState
from service.webhooks.tables import webhook_deliveries
from service.webhooks.values import DeliveryState

LEASE: Final = "backlog"
POLL_S: Final = 15.0
_LEASE_S: Final = 3 * POLL_S
_FIRST_S: Final = 3.0
_JOIN_S: Final = 10.0
_WAITING: Final = [state.value for state in (ReviewState.OPEN, ReviewState.CLAIMED, ReviewState.ESCALATED)]

logger = logging.getLogger("bentoml.weir.metrics")


def read_backlog(database: Engine, now_us: int) -> Backlog:
    """Count what waits, by indexes; blocks on the database."""
    waits = reviews.c.purpose.in_(DECIDING) & reviews.c.state.in_(_WAITING)
    oldest = select(func.count(), func.min(reviews.c.created_at_us)).where(waits)
    with database.connect() as connection:
        n_reviews, since_us = connection.execute(oldest).one()
        return Backlog(
            n_webhooks_pending=_count(connection, webhook_deliveries.c.state == DeliveryState.PENDING.value),
            n_webhooks_dead=_count(connection, webhook_deliveries.c.state == DeliveryState.DEAD.value),
            n_jobs_queued=_count(connection, jobs.c.state == JobState.QUEUED.value),
            n_jobs_running=_count(connection, jobs.c.state == JobState.RUNNING.value),
            n_reviews_open=n_reviews,
            oldest_review_s=0 if since_us is None else max(0, now_us - since_us) // 1_000_000,
        )


class BacklogWatch:
    """Looks every 15 seconds, if it holds the lease: gauges are sums over workers, so only one may tell."""

    def __init__(self, database: Engine, recorder: Recorder) -> None:
        self._database = database
        self._recorder = recorder
        self._holder = f"{socket.gethostname()[:20]}-{os.getpid()}-{UuidSource()()[-12:]}"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backlog", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and let another worker look."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)

    def look(self) -> None:
        """Look once."""
        is_mine = take_lease(self._database, LEASE, self._holder, _LEASE_S)
        self._recorder.backlog_seen(read_backlog(self._database, time.time_ns() // 1000) if is_mine else Backlog())

    def leave(self) -> None:
        """Look no more."""
        self._recorder.backlog_seen(Backlog())
        drop_lease(self._database, LEASE, self._holder)

    def _run(self) -> None:
        wait_s, has_looked = _FIRST_S, False
        while not self._stop.wait(wait_s):
            wait_s, has_looked = POLL_S, True
            self._try(self.look)
        if has_looked:
            self._try(self.leave)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the database may be away; the next look comes
            logger.error("looking at the backlog failed: %s", describe(error))  # noqa: TRY400 - no traceback


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).where(condition)).scalar_one())
