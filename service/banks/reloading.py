"""Hot reload: banks that follow the store, so that a change by any worker is seen by all within about two seconds.

A thread asks for the revision, builds the next snapshot when it has moved, and exchanges one reference. Whoever
matches takes `banks.matcher` once for an item and sees one state. When the database is gone, the last state stays.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Engine, select

from service.banks.bookkeeping import MatchCount, write_counts, write_quarantines
from service.banks.flood import Flood, FloodGuard, FloodLimits
from service.banks.matcher import BankMatcher
from service.banks.segment import EmbeddingSpace, Spaces
from service.banks.snapshot import Snapshot, load_snapshot
from service.banks.store import now_us
from service.banks.tables import bank_state
from service.polling import Poller

POLL_S: Final = 1.0

logger: Final = logging.getLogger("bentoml.weir.banks")


class Quarantine(NamedTuple):
    """An item that the flood guard stopped, for metrics."""

    bank: str
    item_id: str
    reason: str


OnQuarantine = Callable[[Quarantine], None]
"""Called from whichever thread matched."""


def ignore_quarantine(_: Quarantine) -> None:
    """Do nothing beyond the log and the store."""


class Banks:
    """The banks of one worker. `matcher` is always a complete state; `start` keeps it new, `close` ends that.

    Attributes:
        matcher: the newest state: take it once for an item.

    """

    def __init__(
        self, engine: Engine, spaces: Spaces, snapshot: Snapshot, guard: FloodGuard, on_quarantine: OnQuarantine
    ) -> None:
        self._engine = engine
        self._spaces = spaces
        self._guard = guard
        self._on_quarantine = on_quarantine
        self._lock = threading.Lock()
        self._polling = threading.Lock()
        self._counts: dict[int, MatchCount] = {}
        self._stopped: dict[int, str] = {}
        self._poller = Poller("banks", self.poll, POLL_S, logger)
        self.matcher = BankMatcher(snapshot, self._observe)

    @property
    def n_stale_embeddings(self) -> int:
        """Embeddings that are ignored, because another bundle made them: add their content again."""
        return self.matcher.snapshot.n_stale

    @property
    def n_failures(self) -> int:
        """Polls that failed since the start."""
        return self._poller.n_failures

    def start(self) -> None:
        """Start to follow the store."""
        self._poller.start()

    def close(self) -> None:
        """Stop following, and write the last counts."""
        self._poller.close()
        self._poller.poll_safely()

    def wake(self) -> None:
        """Look for changes now: this process has just made one."""
        self._poller.wake()

    def poll(self) -> None:
        """Write back what matching found, and take over what is new. The thread does this by itself.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The database does not answer; what was to be written is kept.

        """
        with self._polling:
            self._write_back()
            with self._engine.connect() as connection:
                revision = int(connection.execute(select(bank_state.c.revision)).scalar_one())
            if revision != self.matcher.snapshot.revision:
                self._take_over(load_snapshot(self._engine, self._spaces, self.matcher.snapshot))

    def _take_over(self, snapshot: Snapshot) -> None:
        with self._lock:
            self._guard.forget(snapshot.changed)
            self.matcher = BankMatcher(snapshot.without(self._stopped), self._observe)

    def _write_back(self) -> None:
        """Kept until it is written: only then are quarantined items left to the store."""
        with self._lock:
            stopped, counts = dict(self._stopped), self._counts
            self._counts = {}
        try:
            if stopped:
                write_quarantines(self._engine, stopped)
            if counts:
                write_counts(self._engine, counts)
        except BaseException:
            with self._lock:
                for key, count in counts.items():
                    self._count(key, count)
            raise
        with self._lock:
            for key in stopped:
                del self._stopped[key]

    def _observe(self, digest: str, keys: Sequence[int]) -> None:
        floods = self._guard.saw(digest, keys)
        if keys:
            now = now_us()
            with self._lock:
                for key in keys:
                    self._count(key, MatchCount(1, now))
        for flood in floods:
            self._quarantine(flood)

    def _count(self, key: int, more: MatchCount) -> None:
        n_before, before_us = self._counts.get(key, MatchCount(0, 0))
        self._counts[key] = MatchCount(n_before + more.n_matches, max(before_us, more.last_match_at_us))

    def _quarantine(self, flood: Flood) -> None:
        """Stop an item at once in this worker; the next poll writes it down for all."""
        self._guard.forget([flood.key])
        with self._lock:
            snapshot = self.matcher.snapshot
            bank = snapshot.bank_of(flood.key)
            if bank is None:  # another thread was first, or the item is gone
                return
            self._stopped[flood.key] = flood.reason
            self.matcher = BankMatcher(snapshot.without([flood.key]), self._observe)
        logger.warning("bank %s: item %d is quarantined: %s", bank.name, flood.key, flood.reason)
        self._on_quarantine(Quarantine(bank.name, str(flood.key), flood.reason))


def open_banks(
    engine: Engine,
    image: EmbeddingSpace | None = None,
    text: EmbeddingSpace | None = None,
    limits: FloodLimits | None = None,
    on_quarantine: OnQuarantine = ignore_quarantine,
) -> Banks:
    """Read all banks; `start` them to follow changes.

    Args:
        engine: a database that `service.records.schema.open_database` has opened.
        image: whose image embeddings are compared; None compares none.
        text: whose text embeddings are compared; None compares none.
        limits: of the flood guard.
        on_quarantine: told of every item that the guard stops in this worker.

    """
    spaces = Spaces(image, text)
    snapshot = load_snapshot(engine, spaces)
    if snapshot.n_stale:
        logger.warning("%d embeddings in banks are ignored: another bundle made them", snapshot.n_stale)
    return Banks(engine, spaces, snapshot, FloodGuard(limits or FloodLimits()), on_quarantine)
