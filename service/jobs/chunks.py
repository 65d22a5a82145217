"""Chunks: a few items of a job on their way through the engine, and onto the disk with the list of results."""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from models.contracts import FailureCode
from service.asking import Ask
from service.engine import Engine, Outcome
from service.errors import RequestError
from service.gathering import Gathered, gather
from service.jobs.reading import Entry
from service.jobs.store import Claim, ItemResult, JobStore
from service.panel import Ruling
from service.records.writer import Unit
from service.wire.decisions import Item

ENDPOINT: Final = "jobs"
MAX_ITEMS: Final = 32
MAX_CHARS: Final = 16_384
PASSING: Final = frozenset({FailureCode.OVERLOADED, FailureCode.DEADLINE_EXCEEDED})
"""Failures that say nothing of an item: it is tried again."""
_MAX_MESSAGE: Final = 300


@dataclass(slots=True)
class Flight:
    """One chunk in the engine.

    Attributes:
        scored: set once every item has an outcome, and what can be written is with the writer.
        settled: set once that is on disk, or never will be.
        retry: entries that must be tried again.
        is_refused: the job is no longer this worker's.
        is_rejected: the database does not take this chunk.

    """

    entries: Sequence[Entry]
    scored: threading.Event = field(default_factory=threading.Event)
    settled: threading.Event = field(default_factory=threading.Event)
    retry: list[Entry] = field(default_factory=list)
    is_refused: bool = False
    is_rejected: bool = False


class Flights:
    """Sends chunks through an engine. `send` is called from a thread, and everything else happens in the event loop."""

    def __init__(self, engine: Engine, store: JobStore, loop: asyncio.AbstractEventLoop) -> None:
        self._engine = engine
        self._store = store
        self._loop = loop

    def send(self, claim: Claim, entries: Sequence[Entry]) -> Flight:
        """Let a chunk go; it is watched by its events."""
        flight = Flight(entries)
        self._loop.call_soon_threadsafe(self._start, claim, flight)
        return flight

    def _start(self, claim: Claim, flight: Flight) -> None:
        items = [entry.item for entry in flight.entries if entry.item is not None]
        try:
            if self._engine.draining:
                self._postpone(flight)
                return
            gather(self._engine, items, partial(self._ask, claim), partial(self._write, claim, flight))
        except RequestError:  # no room at the moment
            self._postpone(flight)

    def _ask(self, claim: Claim, items: Sequence[Item]) -> Ask:
        return Ask(
            endpoint=ENDPOINT,
            tenant=claim.tenant,
            principal=claim.principal,
            contexts=[item.context for item in items],
            content_ids=[item.content_id for item in items],
            previous=[item.previous for item in items],
            is_background=True,
        )

    def _postpone(self, flight: Flight) -> None:
        flight.retry = list(flight.entries)
        flight.scored.set()
        flight.settled.set()

    def _write(self, claim: Claim, flight: Flight, gathered: Gathered) -> None:
        """Put the decisions, and which item got which, on disk together."""
        outcomes = iter(gathered.outcomes)
        results: list[ItemResult] = []
        for entry in flight.entries:
            if entry.item is None:
                results.append(ItemResult(entry.index, None, None, entry.code, entry.message[:_MAX_MESSAGE]))
                continue
            outcome = next(outcomes)
            if isinstance(outcome, FailureCode) and outcome in PASSING:
                flight.retry.append(entry)
            else:
                results.append(self._result(entry.index, entry.item, outcome))
        if not results:
            flight.scored.set()
            flight.settled.set()
            return
        indexes = [result.index for result in results]
        self._engine.log.put(
            Unit(
                gathered.rows,
                [*gathered.also, partial(self._store.write_results, claim=claim, results=results)],
                partial(self._store.is_open, claim=claim, indexes=indexes),
                self._loop,
                partial(self._settle, flight, results),
                partial(_reject, flight),
            )
        )
        flight.scored.set()

    def _settle(self, flight: Flight, results: Sequence[ItemResult], written: bool) -> None:  # noqa: FBT001 - the writer's word
        if written:
            n_decided = sum(result.decision_id is not None for result in results)
            self._engine.recorder.job_items_settled(n_decided, len(results) - n_decided)
        flight.is_refused = not written
        flight.settled.set()

    def _result(self, index: int, item: Item, outcome: Outcome) -> ItemResult:
        if isinstance(outcome, FailureCode):
            message = item.problem or self._engine.limits.message(outcome)
            return ItemResult(index, None, item.content_id, outcome.value, message[:_MAX_MESSAGE])
        decision_id = outcome.decision.decision_id if isinstance(outcome, Ruling) else outcome.decision_id
        return ItemResult(index, decision_id)


def chunks_of(
    entries: Iterable[Entry], max_items: int = MAX_ITEMS, max_chars: int = MAX_CHARS
) -> Iterator[list[Entry]]:
    """Entries in groups: a bounded number of texts, or one item with images alone."""
    chunk: list[Entry] = []
    n_chars = 0
    for entry in entries:
        size = len(entry.item.text) if entry.item else 0
        is_pictured = entry.item is not None and bool(entry.item.images)
        if chunk and (is_pictured or len(chunk) >= max_items or n_chars + size > max_chars):
            yield chunk
            chunk, n_chars = [], 0
        chunk.append(entry)
        n_chars += size
        if is_pictured:
            yield chunk
            chunk, n_chars = [], 0
    if chunk:
        yield chunk


def _reject(flight: Flight) -> None:
    flight.is_rejected = True
    flight.settled.set()
