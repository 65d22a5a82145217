"""Endpoints that score: a request in, a response once everything in it has its outcome."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from models.contracts import FailureCode
from service.engine import Engine, Outcome
from service.errors import RequestError, failure_error
from service.http.messages import JSON, Request, Respond, Response, error_response
from service.vision.examiner import Examined
from service.vision.finding import Posted
from service.vision.refusal import ItemRefusedError
from service.wire.decisions import DecisionsWriter, Item, read_decisions
from service.wire.moderations import ModerationsWriter, PicturedInput, read_moderations

JSON_HEADERS: Final = ((b"content-type", JSON),)
MODERATIONS: Final = "moderations"
DECISIONS: Final = "decisions"


class Moderations:
    """`POST /v1/moderations`, as the OpenAI API has it."""

    def __init__(self, engine: Engine) -> None:
        moderator = engine.moderator
        bundle = moderator.bundles[0]
        self._engine = engine
        self._writer = ModerationsWriter(moderator.labels, moderator.policy.balanced, f"{bundle.name}-{bundle.version}")

    def __call__(self, request: Request, respond: Respond) -> None:
        """Read, score, answer."""
        texts = read_moderations(request.body, self._engine.limits)
        if isinstance(texts, PicturedInput):
            self._examine(texts, request, respond)
            return

        def answer(outcomes: list[Outcome]) -> None:
            respond(self._answer(outcomes))

        self._engine.submit(texts, MODERATIONS, answer, request.is_abandoned)

    def _answer(self, outcomes: list[Outcome]) -> Response:
        judgements = [outcome for outcome in outcomes if not isinstance(outcome, FailureCode)]
        if len(judgements) < len(outcomes):
            index, code = next((i, c) for i, c in enumerate(outcomes) if isinstance(c, FailureCode))
            return error_response(failure_error(code, f"input[{index}]" if len(outcomes) > 1 else "input"))
        return Response(200, [*JSON_HEADERS], self._writer.write(f"modr-{self._engine.new_id()}", judgements))

    def _examine(self, pictured: PicturedInput, request: Request, respond: Respond) -> None:
        deadline = _deadline(self._engine)
        posted = Posted(pictured.text, pictured.images, deadline, is_abandoned=request.is_abandoned)

        def answer(outcomes: list[Examined]) -> None:
            (outcome,) = outcomes
            if isinstance(outcome, ItemRefusedError):
                param = "input" if outcome.image is None else pictured.params[outcome.image]
                respond(error_response(failure_error(outcome.code, param, str(outcome))))
            else:
                body = self._writer.write(f"modr-{self._engine.new_id()}", [outcome.ruling])
                respond(Response(200, [*JSON_HEADERS], body))

        self._engine.examine([posted], MODERATIONS, answer)


@dataclass(slots=True)
class _Open:
    """A request of which some items are being scored: the texts together, and the items with images together.

    Attributes:
        n_open: how many of the two are not done.

    """

    items: list[Item]
    respond: Respond
    n_open: int = 1
    texts: Sequence[Outcome] = ()
    pictured: Sequence[Outcome] = ()


class Decisions:
    """`POST /v1/decisions`: a decision or a typed failure for every item."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = DecisionsWriter(engine.moderator, engine.limits)

    def __call__(self, request: Request, respond: Respond) -> None:
        """Read, score what can be scored, answer."""
        items = read_decisions(request.body, self._engine.limits)
        for item in items:
            if item.failure is not None:
                self._engine.recorder.item_failed(item.failure)
        opened = _Open(items, respond)
        pictured = [item for item in items if item.images and item.failure is None]
        texts = [item.text for item in items if item.failure is None and not item.images]
        if pictured:
            opened.n_open += bool(texts)
            self._examine(pictured, opened, request)
        if texts:
            self._score(texts, opened, request)
        elif not pictured:
            self._answer(opened)

    def _score(self, texts: list[str], opened: _Open, request: Request) -> None:
        def answer(outcomes: list[Outcome]) -> None:
            opened.texts = outcomes
            self._settle(opened)

        try:
            self._engine.submit(texts, DECISIONS, answer, request.is_abandoned)
        except RequestError:
            if opened.n_open == 1 and not opened.pictured:
                raise
            answer([FailureCode.OVERLOADED for _ in texts])

    def _examine(self, pictured: list[Item], opened: _Open, request: Request) -> None:
        deadline = _deadline(self._engine)
        posted = [
            Posted(item.text, item.images, deadline, item.content_id, item.redact, request.is_abandoned)
            for item in pictured
        ]

        def answer(outcomes: list[Examined]) -> None:
            opened.pictured = [_taken(item, outcome) for item, outcome in zip(pictured, outcomes, strict=True)]
            self._settle(opened)

        self._engine.examine(posted, DECISIONS, answer)

    def _settle(self, opened: _Open) -> None:
        opened.n_open -= 1
        if opened.n_open == 0:
            self._answer(opened)

    def _answer(self, opened: _Open) -> None:
        texts, pictured = iter(opened.texts), iter(opened.pictured)
        outcomes: list[Outcome] = [item.failure or next(pictured if item.images else texts) for item in opened.items]
        status, body = self._writer.write(opened.items, outcomes)
        headers = [*JSON_HEADERS]
        if status in (429, 503):
            headers.append((b"retry-after", b"1"))
        opened.respond(Response(status, headers, body))


def _taken(item: Item, outcome: Examined) -> Outcome:
    """Write down on the item what the outcome says beyond a ruling or a code."""
    if isinstance(outcome, ItemRefusedError):
        item.problem = None if outcome.image is None else f"images[{outcome.image}]: {outcome}"
        return outcome.code
    item.redacted = outcome.redacted
    return outcome.ruling


def _deadline(engine: Engine) -> float:
    return time.perf_counter() + engine.settings.deadline_ms / 1e3
