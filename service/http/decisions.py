"""`POST /v1/decisions`: a decision or a typed failure for every item, answered together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from models.contracts import FailureCode
from service.engine import Engine, Outcome
from service.errors import RequestError
from service.explaining import explain_items
from service.gathering import refuse_failed, taken
from service.http.messages import Request, Respond, Response, header
from service.http.terms import JSON_HEADERS, ask_for, deadline_of, take_items
from service.idempotency.decisions import KeyedDecisions
from service.idempotency.keys import HEADER
from service.idempotency.store import AnswerStore
from service.vision.examiner import Examined
from service.vision.finding import Posted
from service.wire.decisions import DecisionsWriter, Item, read_decisions

DECISIONS: Final = "decisions"


@dataclass(slots=True)
class _Open:
    """A request of which some items are being scored: the texts together, and the items with images together.

    Attributes:
        deadline: of what is asked beside the decisions, on the clock of `time.perf_counter`.
        n_open: how many of the two are not done.

    """

    items: list[Item]
    respond: Respond
    deadline: float
    n_open: int = 1
    texts: Sequence[Outcome] = ()
    pictured: Sequence[Outcome] = ()


class Decisions:
    """`POST /v1/decisions`: a decision or a typed failure for every item."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = DecisionsWriter(engine.judges.active.moderator, engine.limits)
        store = AnswerStore(engine.database, engine.settings.idempotency_hours)
        self._keyed = KeyedDecisions(engine, self._writer, store)

    def __call__(self, request: Request, respond: Respond) -> None:
        """Read, score what can be scored, answer."""
        key = header(request.headers, HEADER)
        if key is not None:
            self._keyed(request, respond, key)
            return
        items = read_decisions(request.body, self._engine.limits)
        take_items(request, items)
        refuse_failed(self._engine, items, partial(ask_for, self._engine, request, DECISIONS))
        opened = _Open(items, respond, deadline_of(self._engine))
        pictured = [item for item in items if item.images and item.failure is None]
        texts = [item for item in items if item.failure is None and not item.images]
        if pictured:
            opened.n_open += bool(texts)
            self._examine(pictured, opened, request)
        if texts:
            self._score(texts, opened, request)
        elif not pictured:
            self._answer(opened)

    def _score(self, texts: list[Item], opened: _Open, request: Request) -> None:
        def answer(outcomes: list[Outcome]) -> None:
            opened.texts = outcomes
            self._settle(opened)

        try:
            ask = ask_for(self._engine, request, DECISIONS, texts)
            self._engine.submit([item.text for item in texts], ask, answer)
        except RequestError:
            if opened.n_open == 1 and not opened.pictured:
                raise
            answer([FailureCode.OVERLOADED for _ in texts])

    def _examine(self, pictured: list[Item], opened: _Open, request: Request) -> None:
        deadline = deadline_of(self._engine)
        ask = ask_for(self._engine, request, DECISIONS, pictured)
        posted = [
            Posted(
                item.text,
                item.images,
                deadline,
                item.content_id,
                item.redact,
                request.is_abandoned,
                ask.facts(index),
            )
            for index, item in enumerate(pictured)
        ]

        def answer(outcomes: list[Examined]) -> None:
            opened.pictured = [taken(item, outcome) for item, outcome in zip(pictured, outcomes, strict=True)]
            self._settle(opened)

        self._engine.examine(posted, ask, answer)

    def _settle(self, opened: _Open) -> None:
        opened.n_open -= 1
        if opened.n_open == 0:
            self._answer(opened)

    def _answer(self, opened: _Open) -> None:
        texts, pictured = iter(opened.texts), iter(opened.pictured)
        outcomes: list[Outcome] = [item.failure or next(pictured if item.images else texts) for item in opened.items]
        explain_items(self._engine, opened.items, outcomes, opened.deadline, partial(self._respond, opened, outcomes))

    def _respond(self, opened: _Open, outcomes: Sequence[Outcome]) -> None:
        status, body = self._writer.write(opened.items, outcomes)
        headers = [*JSON_HEADERS]
        if status in (429, 503):
            headers.append((b"retry-after", b"1"))
        opened.respond(Response(status, headers, body))
