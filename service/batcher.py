"""The micro-batcher: greedy, fair, bounded, in process.

Greedy: while the model runs, requests queue; the next turn takes what has queued, at once, without waiting for more.
A turn prepares the new texts, sorts their windows by length and runs them in sub-batches capped by padded tokens;
every request is answered after the sub-batch that completes it. Fair: a turn takes at most `TURN_CHARS` characters
and `TURN_WINDOWS` windows from one request, so a long one shares the model instead of blocking it. Bounded: beyond
the limits `submit` refuses.

The model runs in the event loop, one sub-batch at a time, and hands the loop back in between. Each worker process
has about one core, so a thread of its own would not run it any sooner; it would add two hand-overs and a fight over
the interpreter lock to every batch. Measured with one worker and 32 connections on a shared core: 119 requests a
second and 1.90 ms of processor time each in the loop, 93 and 2.01 ms with a thread. The price: the loop does not
answer for the length of one sub-batch, which `max_batch_tokens` bounds.

Source: the queueing follows "Clipper" (Crankshaw et al., 2017) without its delay, which only pays when the model is
idle and the batch is free.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextvars import Context
from typing import Final, Protocol

import numpy as np

from models.contracts import FailureCode
from service.errors import overloaded
from service.faults import describe
from service.pooling import kept_vectors, pool
from service.scorer import Floats, Prepared, Scorer, Window
from service.telemetry.passage import Stage
from service.ticket import Row, Scored, Ticket

TURN_CHARS: Final = 16_384
"""Characters that one request may have prepared in one turn (a single longer text goes alone)."""
TURN_WINDOWS: Final = 64
"""Windows that one request may have scored in one turn."""
PROB_DECIMALS: Final = 6

logger = logging.getLogger("bentoml.weir.batcher")


class BatchObserver(Protocol):
    """Who wants to know how batching goes: the metrics."""

    def turn_began(self, waits_s: Sequence[float]) -> None:
        """These requests were taken for the first time, after waiting so long."""
        ...

    def texts_prepared(self, n_texts: int, seconds: float) -> None:
        """Texts were normalised and tokenised."""
        ...

    def batch_inferred(self, n_windows: int, seconds: float) -> None:
        """One sub-batch went through the model."""
        ...


class TextQueue(Protocol):
    """Takes tickets of texts in and gives every text its outcome: a batcher, or what stands before one."""

    @property
    def n_items(self) -> int:
        """Texts that wait or are being scored."""
        ...

    def require_room(self, n_items: int, n_chars: int) -> None:
        """See that so many texts could be queued now; raises as `submit` does."""
        ...

    def submit(self, ticket: Ticket) -> None:
        """Queue a ticket; `ticket.on_done` is called in the event loop, exactly once unless abandoned.

        Raises:
            RequestError: The queue is full (429).

        """
        ...

    async def drain(self) -> None:
        """Wait until every queued text has its outcome."""
        ...


class Batcher:
    """Feeds one scorer from many requests. Lives in one event loop and needs no lock."""

    def __init__(
        self,
        scorer: Scorer,
        observer: BatchObserver,
        max_items: int,
        max_chars: int,
        max_batch_tokens: int,
        *,
        projects: bool = False,
    ) -> None:
        self._scorer = scorer
        self._observer = observer
        self._max_items = max_items
        self._max_chars = max_chars
        self._max_batch_tokens = max_batch_tokens
        self._projects = projects
        """Every outcome carries its projected embedding; asked only of models that have embeddings."""
        self._queue: deque[Ticket] = deque()
        self._turn: Iterator[list[Ticket]] | None = None
        self._running = False
        self._context = Context()
        """Turns are of many requests: none of them is the current one."""
        self._n_items = 0
        self._n_chars = 0
        self._n_background = 0
        """Of the texts; those that nobody waits for leave the whole queue to the others."""
        self._n_background_chars = 0
        self._n_embedding = 0
        """Tickets that wait for embeddings: while there are none, a model is asked for them only to project them."""
        self._n_traced = 0
        """Tickets whose stages are taken down: while there are none, nobody looks."""

    @property
    def n_items(self) -> int:
        """Texts that wait or are being scored."""
        return self._n_items

    def require_room(self, n_items: int, n_chars: int) -> None:
        """See that so many texts could be queued now.

        Raises:
            RequestError: The queue is full (429).

        """
        waiting = self._n_items - self._n_background
        if waiting and (
            waiting + n_items > self._max_items or self._n_chars - self._n_background_chars + n_chars > self._max_chars
        ):
            raise overloaded()

    def submit(self, ticket: Ticket) -> None:
        """Queue a ticket; `ticket.on_done` is called later, from the event loop, exactly once unless abandoned.

        Raises:
            RequestError: The queue is full (429).

        """
        n_items, n_chars = len(ticket.texts), ticket.n_chars
        self.require_room(n_items, n_chars)
        self._n_items += n_items
        self._n_chars += n_chars
        if ticket.is_background:
            self._n_background += n_items
            self._n_background_chars += n_chars
        self._n_embedding += ticket.with_embeddings
        self._n_traced += ticket.trace is not None
        self._queue.append(ticket)
        if not self._running:
            self._running = True
            asyncio.get_running_loop().call_soon(self._advance, context=self._context)

    async def drain(self) -> None:
        """Wait until every queued text has its outcome."""
        while self._running:
            await asyncio.sleep(0.005)

    def _advance(self) -> None:
        """Run one sub-batch, answer whom it completes, then let the loop read and write before the next."""
        if self._turn is None:
            self._turn = self._take_turn()
        completed = next(self._turn, None)
        if completed is None:
            self._turn = None
            if not self._queue:
                self._running = False
                return
        for ticket in completed or ():
            self._forget(ticket)
            tell(ticket.on_done, ticket)
        asyncio.get_running_loop().call_soon(self._advance, context=self._context)

    def _forget(self, ticket: Ticket) -> None:
        n_items, n_chars = len(ticket.texts), ticket.n_chars
        self._n_items -= n_items
        self._n_chars -= n_chars
        if ticket.is_background:
            self._n_background -= n_items
            self._n_background_chars -= n_chars
        self._n_embedding -= ticket.with_embeddings
        self._n_traced -= ticket.trace is not None

    def _take_turn(self) -> Iterator[list[Ticket]]:
        """One turn over the queue; yields the tickets that each step completes."""
        tickets, expired = self._take_live()
        if expired:
            yield expired
        try:
            yield from self._score(tickets)
        except Exception as error:  # noqa: BLE001 - whatever broke, these tickets must be answered and the queue go on
            logger.error("scoring failed: %s", describe(error))  # noqa: TRY400 - a traceback could quote the content
            for ticket in tickets:
                ticket.fail(FailureCode.INTERNAL)
            yield [ticket for ticket in tickets if ticket.n_open == 0]
        self._queue.extendleft(ticket for ticket in reversed(tickets) if ticket.n_open)

    def _take_live(self) -> tuple[list[Ticket], list[Ticket]]:
        """Empty the queue; drop who has gone, fail who is late."""
        now = time.perf_counter()
        live: list[Ticket] = []
        expired: list[Ticket] = []
        for ticket in self._queue:
            if ticket.is_abandoned is not None and ticket.is_abandoned():
                self._forget(ticket)
            elif now > ticket.deadline:
                ticket.fail(FailureCode.DEADLINE_EXCEEDED)
                expired.append(ticket)
            else:
                live.append(ticket)
        self._queue.clear()
        self._observer.turn_began([now - ticket.submitted for ticket in live if not ticket.n_prepared])
        if self._n_traced:
            for ticket in live:
                if not ticket.n_prepared:
                    _trace([ticket], Stage.QUEUE, ticket.submitted)
        return live, expired

    def _score(self, tickets: list[Ticket]) -> Iterator[list[Ticket]]:
        empty = self._prepare(tickets)
        if empty:
            yield empty
        work = [ticket.windows.popleft() for ticket in tickets for _ in range(min(TURN_WINDOWS, len(ticket.windows)))]
        lengths = [len(window) for _, window in work]
        for batch in self._scorer.plan(lengths, self._max_batch_tokens):
            yield self._run([work[index] for index in batch])

    def _prepare(self, tickets: list[Ticket]) -> list[Ticket]:
        """Prepare what this turn may take of each ticket; the tickets that are complete because nothing was left."""
        started = time.perf_counter()
        chosen = [(ticket, index) for ticket in tickets if not ticket.windows for index in _next_texts(ticket)]
        if not chosen:
            return []
        complete: list[Ticket] = []
        prepared = self._prepare_texts(chosen)
        for (ticket, index), entry in zip(chosen, prepared, strict=True):
            if isinstance(entry, FailureCode):
                if ticket.settle(index, entry):
                    complete.append(ticket)
                continue
            row = Row(ticket, index, entry)
            ticket.windows.extend((row, window) for window in entry.windows)
        self._observer.texts_prepared(len(chosen), time.perf_counter() - started)
        if self._n_traced:
            _trace([ticket for ticket, _ in chosen], Stage.PREPARE, started)
        return complete

    def _prepare_texts(self, chosen: list[tuple[Ticket, int]]) -> list[Prepared | FailureCode]:
        """Prepare together; if that fails, one by one, so that one bad text never spoils its neighbours."""
        texts = [ticket.texts[index] for ticket, index in chosen]
        try:
            turns = [ticket.turn(index) for ticket, index in chosen]
            prepared = self._scorer.prepare(texts, turns) if any(turns) else self._scorer.prepare(texts)
            return [entry if entry.text else FailureCode.EMPTY_CONTENT for entry in prepared]
        except Exception as error:  # noqa: BLE001 - any error of the tokeniser is that text's failure
            if len(texts) == 1:
                passage = chosen[0][0].passage
                logger.error("preparing a text failed: %s", describe(error), extra={"passage": passage})  # noqa: TRY400
                return [FailureCode.INTERNAL]
        return [entry for one in chosen for entry in self._prepare_texts([one])]

    def _run(self, work: list[tuple[Row, Window]]) -> list[Ticket]:
        """Score one sub-batch; if that fails, window by window, so that only the bad one pays."""
        started = time.perf_counter()
        try:
            logits, embeddings = self._infer([window for _, window in work])
        except Exception as error:  # noqa: BLE001 - any error of the session is that window's failure
            if len(work) > 1:
                return [ticket for entry in work for ticket in self._run([entry])]
            row = work[0][0]
            logger.error("the model failed: %s", describe(error), extra={"passage": row.ticket.passage})  # noqa: TRY400
            return [row.ticket] if row.ticket.settle(row.index, FailureCode.INTERNAL) else []
        self._observer.batch_inferred(len(work), time.perf_counter() - started)
        if self._n_traced:
            _trace([row.ticket for row, _ in work], Stage.INFER, started)
        return self._settle(*pool([row for row, _ in work], logits, embeddings))

    def _infer(self, windows: list[Window]) -> tuple[Floats, Floats | None]:
        """Run the model, for embeddings as well if anybody wants them."""
        if self._projects or self._n_embedding:
            return self._scorer.infer_embeddings(windows)
        return self._scorer.infer(windows), None

    def _settle(self, rows: list[Row], logits: Floats, embeddings: Floats | None) -> list[Ticket]:
        """Turn finished rows into outcomes; the tickets that this completes."""
        if not rows:
            return []
        probs = self._scorer.probabilities(logits).astype(np.float64).round(PROB_DECIMALS)
        scorable: list[bool] = np.logical_and.reduce(np.isfinite(probs), axis=1).tolist()
        vectors: Sequence[bytes | None] = [None] * len(rows)
        if self._projects and embeddings is not None:
            vectors = kept_vectors(embeddings)
        complete: list[Ticket] = []
        for index, (row, values, is_scorable) in enumerate(zip(rows, probs.tolist(), scorable, strict=True)):
            prepared = row.prepared
            is_alone = row.ticket.turn(row.index) is None
            asked = embeddings[index] if embeddings is not None and row.ticket.with_embeddings and is_alone else None
            outcome = (
                Scored(values, prepared.text, prepared.features, asked, vectors[index] if is_alone else None)
                if is_scorable
                else FailureCode.UNSCORABLE
            )
            if row.ticket.settle(row.index, outcome):
                complete.append(row.ticket)
        return complete


def _trace(tickets: Sequence[Ticket], stage: Stage, began: float) -> None:
    """Take down a stage that ends now for every request that had a part in it, once."""
    ended = time.perf_counter()
    for trace in {id(ticket): ticket.trace for ticket in tickets}.values():
        if trace is not None:
            trace.stage(stage, began, ended, n_together=len(tickets))


def _next_texts(ticket: Ticket) -> range:
    """Advance a ticket to the texts that one turn may prepare; at least one, if any is left."""
    start = stop = ticket.n_prepared
    n_chars = 0
    while stop < len(ticket.texts):
        n_chars += len(ticket.texts[stop]) + len(ticket.turn(stop) or "")
        if stop > start and n_chars > TURN_CHARS:
            break
        stop += 1
    ticket.n_prepared = stop
    return range(start, stop)


def tell(on_done: Callable[[Ticket], None], ticket: Ticket) -> None:
    """Answer one request; its error must not stop the others."""
    try:
        on_done(ticket)
    except Exception as error:  # noqa: BLE001 - the batcher outlives whatever a single answer runs into
        logger.error("answering a request failed: %s", describe(error))  # noqa: TRY400 - see above
