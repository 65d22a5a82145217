"""Cached texts: stands before the batcher, and lets through only what nobody has asked or is asking.

    ticket -> normalise -> key -> held here?       -> settled at once
                                  in the air?      -> waits for that flight
                                  held in Redis?   -> settled when Redis answers
                                  otherwise        -> the batcher, once, and then held

Only scores are kept, never a failure: what failed is tried again by whoever asks next. Every text is decided, recorded
and answered anew with the context of its own request, whether or not its scores were held.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Final, Protocol

from models.contracts import FailureCode
from models.runtime.disguise import altered_share
from service.batcher import TURN_CHARS, TextQueue, tell
from service.caching.flights import Flight, Lead, Waiter
from service.caching.memory import Memory
from service.caching.naming import Names
from service.caching.shared import SharedScores
from service.caching.values import ValueInvalidError, pack, unpack
from service.errors import RequestError, overloaded
from service.telemetry.passage import Stage
from service.ticket import Outcome, Scored, Ticket


class CacheObserver(Protocol):
    """Who wants to know what the cache is worth: the metrics. Called from the event loop."""

    def cache_looked_up(self, n_hits: int, n_misses: int, n_coalesced: int, n_errors: int) -> None:
        """So many texts were held, had to be scored, waited for another, or had to be scored as Redis failed."""
        ...

    def cache_holds(self, n_entries: int, n_bytes: int) -> None:
        """So much is held in this worker."""
        ...


class CachedTexts:
    """Satisfies `service.batcher.TextQueue`. Lives in one event loop and needs no lock."""

    def __init__(
        self,
        texts: TextQueue,
        normalize: Callable[[str], str],
        names: Names,
        memory: Memory[bytes],
        shared: SharedScores | None,
        observer: CacheObserver,
        max_items: int,
    ) -> None:
        self._texts: Final = texts
        self._normalize = normalize
        self._names = names
        self._memory = memory
        self._shared = shared
        self._observer = observer
        self._max_items = max_items
        self._flights: dict[bytes, Flight] = {}
        self._n_waiting = 0
        """Texts that somebody waits for, leaders and followers; those of the background take no room."""
        self._landed: list[tuple[Flight, Outcome]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def n_items(self) -> int:
        """Texts that wait or are being scored."""
        return max(self._n_waiting, self._texts.n_items)

    def require_room(self, n_items: int, n_chars: int) -> None:
        """As the batcher's.

        Raises:
            RequestError: The queue is full (429).

        """
        self._texts.require_room(n_items, n_chars)

    def submit(self, ticket: Ticket) -> None:
        """Queue a ticket; `ticket.on_done` is called once unless abandoned: at once when everything is held, or later.

        Raises:
            RequestError: The queue is full (429).

        """
        n_chars = ticket.n_chars
        if len(ticket.texts) > 1 and n_chars > TURN_CHARS:
            if not ticket.is_background:
                self._texts.require_room(len(ticket.texts), n_chars)
            self._start(self._take_in_parts(ticket))
        elif time.perf_counter() > ticket.deadline or (ticket.is_abandoned is not None and ticket.is_abandoned()):
            self._texts.submit(ticket)
        else:
            started = time.perf_counter()
            waiting = list(self._not_held(ticket, range(len(ticket.texts))))
            _trace(ticket, started, len(waiting))
            self._board(ticket, waiting)

    async def drain(self) -> None:
        """Wait until every queued text has its outcome."""
        await self._texts.drain()
        while self._tasks or self._landed:
            self._settle()
            await asyncio.sleep(0.005)
            await self._texts.drain()
        if self._shared is not None:
            await self._shared.close()

    async def _take_in_parts(self, ticket: Ticket) -> None:
        """A long list is normalised a turn's worth at a time, so that it does not keep the loop to itself."""
        started = time.perf_counter()
        waiting: list[tuple[int, bytes, str | None]] = []
        start, n_chars = 0, 0
        for stop, text in enumerate(ticket.texts, start=1):
            n_chars += len(text)
            if n_chars >= TURN_CHARS or stop == len(ticket.texts):
                waiting += self._not_held(ticket, range(start, stop))
                start, n_chars = stop, 0
                await asyncio.sleep(0)
        _trace(ticket, started, len(waiting))
        self._board_or_fail(ticket, waiting)

    def _not_held(self, ticket: Ticket, indices: range) -> Iterator[tuple[int, bytes, str | None]]:
        """Settle what this worker holds; index, key and normalised text of what it does not."""
        n_hits = 0
        for index in indices:
            raw = ticket.texts[index]
            try:
                text: str | None = self._normalize(raw)
            except Exception:  # noqa: BLE001 - what the model says of such a text is its outcome
                text = None
            read, turn = raw if text is None else text, ticket.turn(index)
            key = self._names.key(read, with_embedding=ticket.with_embeddings, previous=turn)
            value = None if text is None else self._memory.get(key)
            if value is None or text is None:
                yield index, key, text
            else:
                n_hits += 1
                ticket.settle(index, unpack(value, text, altered_share(raw, text)))
        if n_hits:
            self._observer.cache_looked_up(n_hits, 0, 0, 0)

    def _board(self, ticket: Ticket, waiting: Sequence[tuple[int, bytes, str | None]]) -> None:
        """Join the flights that are in the air and lead the others; with nothing to wait for, answer.

        Raises:
            RequestError: The queue is full (429), and nothing has changed.

        """
        if not waiting:
            if ticket.n_open == 0:
                ticket.on_done(ticket)
            return
        if not ticket.is_background and self._n_waiting and self._n_waiting + len(waiting) > self._max_items:
            raise overloaded()
        leads: dict[bytes, Flight] = {}
        joins: list[tuple[Flight, Waiter]] = []
        for index, key, text in waiting:
            flight = self._flights.get(key) or leads.get(key)
            if flight is None:
                leads[key] = Flight(key, text, Waiter(ticket, index))
            else:
                joins.append((flight, Waiter(ticket, index)))
        if leads:
            self._lead(list(leads.values()), ticket)
        self._flights.update(leads)
        if not ticket.is_background:
            self._n_waiting += len(waiting)
        for flight, waiter in joins:
            self._join(flight, waiter)
        if joins:
            self._observer.cache_looked_up(0, 0, len(joins), 0)

    def _board_or_fail(self, ticket: Ticket, waiting: Sequence[tuple[int, bytes, str | None]]) -> None:
        """The same where nobody is left to raise to: what finds no room fails."""
        try:
            self._board(ticket, waiting)
        except RequestError:
            for index, _, _ in waiting:
                if ticket.settle(index, FailureCode.OVERLOADED):
                    tell(ticket.on_done, ticket)

    def _lead(self, flights: list[Flight], ticket: Ticket) -> None:
        if self._shared is None or not self._shared.is_open:
            self._score(flights, ticket)
            self._observer.cache_looked_up(0, len(flights), 0, 0)
            return
        if not ticket.is_background:
            self._texts.require_room(len(flights), sum(len(flight.text or "") for flight in flights))
        self._start(self._look_up(self._shared, flights, ticket))

    def _score(self, flights: list[Flight], ticket: Ticket) -> None:
        self._texts.submit(Lead(flights, ticket, self._has_landed, self._abandon))

    async def _look_up(self, shared: SharedScores, flights: list[Flight], ticket: Ticket) -> None:
        """Ask Redis for what this worker does not hold, and have the rest scored."""
        values = await shared.get([flight.key for flight in flights])
        missing: list[Flight] = []
        for flight, value in zip(flights, values or [None] * len(flights), strict=True):
            scored = None if value is None or flight.text is None else _read(value, flight.waiters[0].raw, flight.text)
            if scored is None or value is None:
                missing.append(flight)
            else:
                self._keep(flight.key, value)
                self._has_landed(flight, scored)
        n_found = len(flights) - len(missing)
        n_errors = len(missing) if values is None else 0
        self._observer.cache_looked_up(n_found, len(missing) - n_errors, 0, n_errors)
        if missing:
            try:
                self._score(missing, ticket)
            except RequestError:
                for flight in missing:
                    self._has_landed(flight, FailureCode.OVERLOADED)

    def _join(self, flight: Flight, waiter: Waiter) -> None:
        """Follow a flight; with less time than its leader has, no longer than that."""
        flight.waiters.append(waiter)
        if waiter.ticket.deadline < flight.deadline:
            left_s = max(0.0, waiter.ticket.deadline - time.perf_counter())
            asyncio.get_running_loop().call_later(left_s, self._expire, flight, waiter)

    def _expire(self, flight: Flight, waiter: Waiter) -> None:
        if waiter in flight.waiters:
            flight.waiters.remove(waiter)
            self._leave([waiter])
            if waiter.ticket.settle(waiter.number, FailureCode.DEADLINE_EXCEEDED):
                tell(waiter.ticket.on_done, waiter.ticket)

    def _has_landed(self, flight: Flight, outcome: Outcome) -> None:
        """Answer in the next turn of the loop: the batcher is in the middle of its own work."""
        self._landed.append((flight, outcome))
        asyncio.get_running_loop().call_soon(self._settle)

    def _settle(self) -> None:
        landed, self._landed = self._landed, []
        for flight, outcome in landed:
            if self._flights.get(flight.key) is flight:
                del self._flights[flight.key]
            waiters, flight.waiters = flight.waiters, []
            self._leave(waiters)
            if isinstance(outcome, Scored):
                self._remember(flight, outcome)
            for number, waiter in enumerate(waiters):
                self._arrive(flight, waiter, _again(outcome, waiter, flight) if number else outcome)

    def _arrive(self, flight: Flight, waiter: Waiter, outcome: Outcome) -> None:
        """Tell one waiter; who still has time when the leader had none left goes on in a flight of its own."""
        ticket, index = waiter
        if outcome is FailureCode.DEADLINE_EXCEEDED and ticket.deadline > time.perf_counter():
            self._board_or_fail(ticket, [(index, flight.key, flight.text)])
        elif ticket.settle(index, outcome) and not waiter.has_gone:
            tell(ticket.on_done, ticket)

    def _abandon(self, flights: list[Flight]) -> None:
        """Nobody waits for these: whoever asks next leads anew."""
        for flight in flights:
            self._flights.pop(flight.key, None)
            self._leave(flight.waiters)
            flight.waiters = []

    def _leave(self, waiters: Sequence[Waiter]) -> None:
        self._n_waiting -= sum(not waiter.ticket.is_background for waiter in waiters)

    def _remember(self, flight: Flight, scored: Scored) -> None:
        """Keep the scores, if the model normalised the text as it was normalised here."""
        if scored.text == flight.text:
            value = pack(scored)
            self._keep(flight.key, value)
            if self._shared is not None:
                self._shared.put(flight.key, value)

    def _keep(self, key: bytes, value: bytes) -> None:
        self._memory.put(key, value)
        self._observer.cache_holds(len(self._memory), self._memory.n_bytes)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _trace(ticket: Ticket, started: float, n_waiting: int) -> None:
    """Take down the look-up of a request's texts, if it is traced."""
    if (trace := ticket.trace) is not None:
        n_texts = len(ticket.texts)
        trace.stage(Stage.CACHE, started, time.perf_counter(), n_hits=n_texts - n_waiting, n_texts=n_texts)


def _again(outcome: Outcome, waiter: Waiter, flight: Flight) -> Outcome:
    """What a follower gets: the leader's scores, and what is particular to its own posting."""
    if not isinstance(outcome, Scored) or flight.text is None:
        return outcome
    return outcome.again(altered_share(waiter.raw, flight.text))


def _read(value: bytes, raw: str, text: str) -> Scored | None:
    try:
        return unpack(value, text, altered_share(raw, text))
    except ValueInvalidError:
        return None
