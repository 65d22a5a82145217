"""The runner: a thread in every worker that takes jobs and decides their items when nobody else needs the model.

Live requests come first: a chunk is sent only while no text waits, or, under constant load, four times a second. It
takes no room in the queue from anybody (`Ask.is_background`). At most two chunks are on their way: one is being
scored while the other is being written, always in the order of the file.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from models.contracts import FailureCode
from service.engine import Engine
from service.errors import FAILURE_MESSAGE, RequestError
from service.faults import describe
from service.jobs.chunks import Flight, Flights, chunks_of
from service.jobs.files import JobFiles
from service.jobs.reading import Entry, InputReader
from service.jobs.store import LEASE_US, Claim, ItemResult, JobStore
from service.jobs.values import JobState

POLL_S: Final = 1.0
"""How long a new job may wait for a worker."""
PATIENCE_S: Final = 0.25
"""How long a chunk waits for a moment without live requests."""
_LOOK_S: Final = 0.002
_RENEW_S: Final = LEASE_US / 1e6 / 3
_RETRY_S: Final = 0.2
_AFTER_FAULT_S: Final = 3.0
_ON_THEIR_WAY: Final = 2
_INTERNAL: Final = FailureCode.INTERNAL
_UNREADABLE: Final = "the input file cannot be read any more"

logger = logging.getLogger("bentoml.weir.jobs")


class StoppedError(Exception):
    """The worker is about to stop."""


class LostError(Exception):
    """The job is no longer this worker's: it was cancelled or deleted, or another worker has taken it over."""


class JobRunner:
    """Runs jobs, one at a time. `start` it; `close` it before the log closes."""

    def __init__(self, engine: Engine, store: JobStore, files: JobFiles, flights: Flights, reader: InputReader) -> None:
        self._engine = engine
        self._store = store
        self._files = files
        self._flights = flights
        self._reader = reader
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-runner", daemon=True)
        self._renewed = 0.0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop after what is on its way; another worker goes on at once."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                claim = None if self._engine.draining else self._store.claim()
                if claim is None:
                    self._stop.wait(POLL_S)
                else:
                    self._work(claim)
            except Exception as error:  # noqa: BLE001 - the database may be away; jobs go on when it is back
                logger.error("running jobs failed, trying again: %s", describe(error))  # noqa: TRY400
                self._stop.wait(_AFTER_FAULT_S)

    def _work(self, claim: Claim) -> None:
        """Decide what is left of a job."""
        self._renewed = time.monotonic()
        try:
            self._decide(claim)
            self._end(claim, JobState.FINISHED)
        except StoppedError:
            self._store.release(claim)
        except LostError:
            return
        except RequestError as error:
            self._end(claim, JobState.FAILED, error.message)
        except OSError as error:
            logger.error("an input cannot be read: %s", describe(error))  # noqa: TRY400 - it names the file
            self._end(claim, JobState.FAILED, _UNREADABLE)

    def _end(self, claim: Claim, state: JobState, error: str | None = None) -> None:
        if self._store.end(claim, state, error):
            self._engine.recorder.job_ended(state.value)

    def _decide(self, claim: Claim) -> None:
        flights: deque[Flight] = deque()
        try:
            for chunk in chunks_of(self._open_entries(claim)):
                self._score(claim, chunk, flights)
        finally:
            while flights:
                self._land(claim, flights)

    def _open_entries(self, claim: Claim) -> Iterator[Entry]:
        """The items that have no outcome yet."""
        reader = InputReader(self._reader.limits, self._reader.max_line_bytes, claim.context, claim.principal)
        done: set[int] = set()
        done_until = -1
        for entry in reader.read(self._files.path(claim.input_name), claim.format):
            if entry.index > done_until and entry.index <= claim.last_index:
                done_until = min(entry.index + 10_000, claim.last_index)
                done = self._store.done_indexes(claim.job_id, entry.index, done_until)
                self._keep(claim)
            if entry.index > claim.last_index or entry.index not in done:
                yield entry

    def _score(self, claim: Claim, entries: Sequence[Entry], flights: deque[Flight]) -> None:
        """Send a chunk, and what must be tried again of it, before the next one."""
        while entries:
            self._wait_for_room(claim)
            flight = self._flights.send(claim, entries)
            self._wait(claim, flight.scored)
            flights.append(flight)
            if len(flights) >= _ON_THEIR_WAY:
                self._land(claim, flights)
            entries = flight.retry
            if entries and self._stop.wait(_RETRY_S):
                raise StoppedError

    def _land(self, claim: Claim, flights: deque[Flight]) -> None:
        """Wait until the oldest chunk is on disk."""
        flight = flights.popleft()
        while not flight.settled.wait(1.0):
            self._keep(claim)
        if flight.is_refused:
            flights.clear()
            raise LostError
        if flight.is_rejected:
            self._part(claim, flight)

    def _part(self, claim: Claim, flight: Flight) -> None:
        """The database refuses something in a chunk: find out which item it is, and let the others pass."""
        for entry in flight.entries:
            alone = self._flights.send(claim, [entry])
            self._wait(claim, alone.settled)
            if alone.is_rejected:
                failed = ItemResult(entry.index, None, None, _INTERNAL.value, FAILURE_MESSAGE[_INTERNAL])
                if not self._store.write_alone(claim, failed):
                    raise LostError
                self._engine.recorder.job_items_settled(0, 1)
            elif alone.is_refused:
                raise LostError

    def _wait_for_room(self, claim: Claim) -> None:
        began = time.monotonic()
        while not self._has_room() and time.monotonic() - began < PATIENCE_S:
            if self._stop.wait(_LOOK_S):
                break
        self._keep(claim)
        if self._stop.is_set() or self._engine.draining:
            raise StoppedError

    def _has_room(self) -> bool:
        """Whether nobody is waiting for a model, and the disk keeps up."""
        vision = self._engine.vision
        is_idle = self._engine.batcher.n_items == 0 and (vision is None or vision.examiner.n_images == 0)
        return is_idle and self._engine.log.n_pending < self._engine.settings.max_pending_records // 2

    def _wait(self, claim: Claim, event: threading.Event) -> None:
        while not event.wait(0.5):
            self._keep(claim)
            if self._stop.is_set():
                raise StoppedError

    def _keep(self, claim: Claim) -> None:
        """Renew the lease in time."""
        if time.monotonic() - self._renewed > _RENEW_S:
            if not self._store.renew(claim):
                raise LostError
            self._renewed = time.monotonic()
