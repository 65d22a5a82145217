"""Endpoints that score: a request in, a response once the batcher is done."""

from dataclasses import dataclass
from typing import Final

from models.contracts import FailureCode
from service.engine import Engine, Outcome
from service.errors import failure_error
from service.http.messages import JSON, Request, Respond, Response, error_response
from service.moderator import Judgement
from service.wire.decisions import DecisionsWriter, Item, read_decisions
from service.wire.moderations import ModerationsWriter, read_moderations

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

        def answer(outcomes: list[Outcome]) -> None:
            respond(self._answer(outcomes))

        self._engine.submit(texts, MODERATIONS, answer, request.is_abandoned)

    def _answer(self, outcomes: list[Outcome]) -> Response:
        judgements = [outcome for outcome in outcomes if not isinstance(outcome, FailureCode)]
        if len(judgements) < len(outcomes):
            index, code = next((i, c) for i, c in enumerate(outcomes) if isinstance(c, FailureCode))
            return error_response(failure_error(code, f"input[{index}]" if len(outcomes) > 1 else "input"))
        return Response(200, [*JSON_HEADERS], self._writer.write(f"modr-{self._engine.new_id()}", judgements))


@dataclass(slots=True)
class _Open:
    """A request of which some items are being scored."""

    items: list[Item]
    respond: Respond


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
        texts = [item.text for item in items if item.failure is None]
        opened = _Open(items, respond)
        if not texts:
            self._answer(opened, [])
            return

        def answer(outcomes: list[Outcome]) -> None:
            self._answer(opened, outcomes)

        self._engine.submit(texts, DECISIONS, answer, request.is_abandoned)

    def _answer(self, opened: _Open, scored: list[Outcome]) -> None:
        rest = iter(scored)
        outcomes: list[Judgement | FailureCode] = [
            next(rest) if item.failure is None else item.failure for item in opened.items
        ]
        status, body = self._writer.write(opened.items, outcomes)
        headers = [*JSON_HEADERS]
        if status in (429, 503):
            headers.append((b"retry-after", b"1"))
        opened.respond(Response(status, headers, body))
