"""`POST /v1/moderations`, as the OpenAI API has it: a request in, a response once every input has its outcome."""

from typing import Final

from models.contracts import FailureCode
from service.engine import Engine, Outcome
from service.errors import RequestError, failure_error
from service.http.messages import Request, Respond, Response, error_response
from service.http.terms import JSON_HEADERS, ask_for, deadline_of
from service.naming import ModelNames
from service.vision.examiner import Examined
from service.vision.finding import Posted
from service.vision.refusal import ItemRefusedError
from service.wire.moderations import ModerationsWriter, PicturedInput, read_moderations

MODERATIONS: Final = "moderations"


class Moderations:
    """`POST /v1/moderations`, as the OpenAI API has it."""

    def __init__(self, engine: Engine, names: ModelNames) -> None:
        moderator = engine.judges.active.moderator
        bundle = moderator.bundles[0]
        self._engine = engine
        self._names = names
        self._writer = ModerationsWriter(moderator.labels, moderator.policy.balanced, f"{bundle.name}-{bundle.version}")

    def __call__(self, request: Request, respond: Respond) -> None:
        """Read, score, answer."""
        texts = self._read(request)
        request.charge(1 if isinstance(texts, PicturedInput) else len(texts))
        if isinstance(texts, PicturedInput):
            self._examine(texts, request, respond)
            return

        def answer(outcomes: list[Outcome]) -> None:
            respond(self._answer(outcomes))

        self._engine.submit(texts, ask_for(self._engine, request, MODERATIONS), answer)

    def _read(self, request: Request) -> list[str] | PicturedInput:
        """The input. One that cannot be scored fails the request, and is counted like one that fails on its own."""
        try:
            return read_moderations(request.body, self._engine.limits, self._names)
        except RequestError as error:
            if error.failure is not None:
                self._engine.refuse([error.failure], ask_for(self._engine, request, MODERATIONS))
            raise

    def _answer(self, outcomes: list[Outcome]) -> Response:
        judgements = [outcome for outcome in outcomes if not isinstance(outcome, FailureCode)]
        if len(judgements) < len(outcomes):
            index, code = next((i, c) for i, c in enumerate(outcomes) if isinstance(c, FailureCode))
            return error_response(failure_error(code, f"input[{index}]" if len(outcomes) > 1 else "input"))
        return Response(200, [*JSON_HEADERS], self._writer.write(f"modr-{self._engine.new_id()}", judgements))

    def _examine(self, pictured: PicturedInput, request: Request, respond: Respond) -> None:
        deadline = deadline_of(self._engine)
        ask = ask_for(self._engine, request, MODERATIONS)
        posted = Posted(
            pictured.text,
            pictured.images,
            deadline,
            is_abandoned=request.is_abandoned,
            facts=ask.facts(0),
            bundles=pictured.bundles,
        )

        def answer(outcomes: list[Examined]) -> None:
            (outcome,) = outcomes
            if isinstance(outcome, ItemRefusedError):
                param = "input" if outcome.image is None else pictured.params[outcome.image]
                respond(error_response(failure_error(outcome.code, param, str(outcome))))
            else:
                body = self._writer.write(f"modr-{self._engine.new_id()}", [outcome.ruling])
                respond(Response(200, [*JSON_HEADERS], body))

        self._engine.examine([posted], ask, answer)
