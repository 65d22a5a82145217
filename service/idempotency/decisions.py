"""`POST /v1/decisions` under an idempotency key: the first request decides, and every repeat gets its decisions."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Final

import orjson

from service.engine import Engine
from service.errors import RequestError, records_unavailable
from service.explaining import explain_items
from service.faults import describe
from service.gathering import Gathered, gather
from service.http.messages import Header, Request, Respond, Response
from service.http.terms import JSON_HEADERS, ask_for, deadline_of, take_items
from service.idempotency.answers import Result, is_open, restored, status_of, stored_form
from service.idempotency.keys import Keyed, owner_of, read_key, reused
from service.idempotency.running import Running, RunningRequests
from service.idempotency.store import AnswerStore, Stored
from service.records.writer import Unit
from service.wire.decisions import DecisionsWriter, Item, read_decisions

ENDPOINT: Final = "decisions"
_PASSING_STATUSES: Final = (429, 503)

logger = logging.getLogger("bentoml.weir.idempotency")


class KeyedDecisions:
    """Decides what comes under a key, once. Lives in one event loop."""

    def __init__(self, engine: Engine, writer: DecisionsWriter, store: AnswerStore) -> None:
        self._engine = engine
        self._writer = writer
        self._store = store
        self._requests = RunningRequests(engine.settings.deadline_ms / 1e3)

    def __call__(self, request: Request, respond: Respond, key: bytes) -> None:
        """Wait for whoever decides the same, or look for the first answer, or decide.

        Raises:
            RequestError: The key or the request is malformed (400), or the key came with something else (422).

        """
        printed = self._engine.log.fingerprint(ENDPOINT, request.body)
        keyed = Keyed(owner_of(request.principal), read_key(key), printed)
        if self._requests.join(keyed, respond):
            return
        items = read_decisions(request.body, self._engine.limits)
        take_items(request, items)
        self._find(self._requests.begin(keyed, respond), request, items)

    def _find(self, running: Running, request: Request, items: list[Item]) -> None:
        """Look for the first answer, in a thread."""
        found = asyncio.get_running_loop().run_in_executor(None, self._store.find, running.keyed)

        def settle(done: asyncio.Future[Stored | None]) -> None:
            try:
                self._go_on(running, request, items, done.result())
            except RequestError as error:
                self._requests.fail(running, error)
            except Exception as error:  # noqa: BLE001 - whatever broke, everybody who waits is answered
                logger.error("a request under a key failed: %s", describe(error))  # noqa: TRY400 - may quote content
                refusal = RequestError(503, "database_unavailable", "the first answer cannot be looked up; try again")
                self._requests.fail(running, refusal)

        found.add_done_callback(settle)

    def _go_on(self, running: Running, request: Request, items: list[Item], stored: Stored | None) -> None:
        if stored is not None and stored.fingerprint != running.keyed.fingerprint:
            raise reused()
        names = [item.content_id for item in items]
        known = [] if stored is None else restored(stored.answer, names)
        if stored is not None and stored.is_final:
            self._requests.finish(running, partial(_response, known), is_replay=True)
            return
        results: list[Result | None] = [*known] or [None] * len(items)
        todo = [index for index, result in enumerate(results) if result is None or is_open(result)]
        revision = 1 if stored is None else stored.revision + 1

        def write(gathered: Gathered) -> None:
            try:
                self._write(running, request, items, _Part(results, todo, revision), gathered)
            except Exception as error:  # noqa: BLE001 - everybody who waits is answered
                logger.error("an answer under a key failed: %s", describe(error))  # noqa: TRY400 - may quote content
                self._requests.fail(running, RequestError(500, "internal", "the server failed to answer this request"))

        chosen, deadline = [items[index] for index in todo], deadline_of(self._engine)

        def explain(gathered: Gathered) -> None:
            explain_items(self._engine, chosen, gathered.outcomes, deadline, partial(write, gathered))

        gather(self._engine, chosen, partial(ask_for, self._engine, request, ENDPOINT), explain)

    def _write(self, running: Running, request: Request, items: list[Item], part: "_Part", gathered: Gathered) -> None:
        """Put the answer on disk with its decisions, and send it then."""
        _, body = self._writer.write([items[index] for index in part.todo], gathered.outcomes)
        results = part.merged(orjson.loads(body)["results"])
        if not gathered.rows and part.revision == 1 and all(map(is_open, results)):
            self._requests.finish(running, partial(_response, results), is_replay=False)  # nothing to remember
            return
        is_final = not any(map(is_open, results))
        stored = Stored(running.keyed.fingerprint, part.revision, is_final, status_of(results), stored_form(results))

        def done(written: bool) -> None:  # noqa: FBT001 - the writer's word
            if written:
                self._requests.finish(running, partial(_response, results), is_replay=False)
            else:
                self._find(running, request, items)

        def late() -> None:
            self._requests.fail(running, records_unavailable())

        guard = partial(self._store.complete, keyed=running.keyed, stored=stored)
        loop = asyncio.get_running_loop()
        waiting = self._engine.recording.acknowledgements.expect(loop, done, late)
        self._engine.log.put(Unit(gathered.rows, gathered.also, guard, loop, waiting.done, waiting.give_up))


class _Part:
    """The results that are there already, and those that are being made.

    Attributes:
        todo: indexes of the items that are being decided.
        revision: of the answer that they complete.

    """

    def __init__(self, results: Sequence[Result | None], todo: Sequence[int], revision: int) -> None:
        self._results = results
        self.todo = todo
        self.revision = revision

    def merged(self, made: Sequence[Result]) -> list[Result]:
        """All results, in order."""
        new = dict(zip(self.todo, made, strict=True))
        return [new.get(index) or result for index, result in enumerate(self._results)]  # type: ignore[misc]


def _response(results: Sequence[Result]) -> Response:
    status = status_of(results)
    headers: list[Header] = [*JSON_HEADERS]
    if status in _PASSING_STATUSES:
        headers.append((b"retry-after", b"1"))
    return Response(status, headers, orjson.dumps({"results": results}))
