"""`POST /v1alpha1/comments:analyze` and `:suggestscore`, as the Perspective API has them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs

from sqlalchemy import Connection

from models.contracts import Category, Context, FailureCode
from models.runtime.normalization import normalize
from service.asking import Ask
from service.engine import Engine, Outcome
from service.errors import RequestError, failure_error, records_unavailable
from service.http.envelopes import GOOGLE, write_error
from service.http.messages import Request, Respond, Response
from service.http.terms import JSON_HEADERS, ask_for, deadline_of
from service.moderator import Judgement
from service.panel import Ruling
from service.records.ledger import record_event
from service.records.log import open_digester
from service.records.unit import Unit
from service.ticket import Scored, Ticket
from service.wire.perspective.analysis import Analysis, asks_to_forget, read_analysis, write_analysis
from service.wire.perspective.attributes import scored_attributes
from service.wire.perspective.errors import bad_request
from service.wire.perspective.fields import comment_failure
from service.wire.perspective.sentences import Span
from service.wire.perspective.suggestion import read_suggestion, write_suggestion

COMMENTS: Final = "comments"
ANALYZE: Final = f"{GOOGLE}comments:analyze"
SUGGEST: Final = f"{GOOGLE}comments:suggestscore"
_COMMENT: Final = Context(kind="comment")

Probs = Mapping[Category, float]


class Analyze:
    """Scores of a comment and of its sentences. The comment is decided and recorded; its sentences are only scored."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._labels = engine.models.text.scorer.labels
        self._scored = scored_attributes(self._labels)

    def __call__(self, request: Request, respond: Respond) -> None:
        """Read, score the sentences where they are asked for, decide on the whole, answer."""
        _check_query(request.query)
        analysis = self._read(request)
        if not analysis.requested:
            respond(Response(200, [*JSON_HEADERS], write_analysis(analysis, {}, ())))
            return
        sentences = analysis.comment.sentences() if analysis.with_spans else ()
        n_scored = len(sentences) if len(sentences) > 1 else 0
        request.charge(1 + n_scored)
        if n_scored:
            self._score(analysis, sentences, request, respond)
        else:
            self._decide(analysis, None, request, respond)

    def _read(self, request: Request) -> Analysis:
        """The comment and what is asked of it; a comment that cannot be scored is counted."""
        try:
            return read_analysis(request.body, self._engine.limits, self._scored)
        except RequestError as error:
            if error.failure is not None:
                ask = ask_for(self._engine, request, COMMENTS)
                ask.is_recorded = not asks_to_forget(request.body)
                self._engine.refuse([error.failure], ask)
            raise

    def _score(self, analysis: Analysis, sentences: Sequence[Span], request: Request, respond: Respond) -> None:
        """Score sentences first: when that fails, nothing has been decided, and the request may come again."""
        text, places = analysis.comment.text, analysis.comment.places(sentences)

        def scored(ticket: Ticket) -> None:
            self._engine.recorder.queue_changed(self._engine.batcher.n_items)
            try:
                spans = self._spans(places, ticket)
                self._decide(analysis, spans, request, respond)
            except RequestError as error:
                respond(write_error(request.path, error))

        texts = [text[span.begin : span.end] for span in sentences]
        now, deadline = time.perf_counter(), deadline_of(self._engine)
        try:
            self._engine.batcher.submit(Ticket(texts, now, deadline, scored, request.is_abandoned))
        except RequestError as error:
            self._engine.recording.refuse(self._ask(analysis, request), 1, error)
            raise

    def _spans(self, places: Sequence[Span], ticket: Ticket) -> list[tuple[Span, Probs]]:
        """The sentences with their scores, without those that nothing is left of (a lone emoji modifier, say)."""
        spans: list[tuple[Span, Probs]] = []
        for place, outcome in zip(places, ticket.outcomes, strict=True):
            if isinstance(outcome, Scored):
                spans.append((place, dict(zip(self._labels, outcome.probs, strict=True))))
            elif outcome is not FailureCode.EMPTY_CONTENT:
                raise failure_error(outcome or FailureCode.INTERNAL)
        return spans

    def _decide(
        self, analysis: Analysis, spans: list[tuple[Span, Probs]] | None, request: Request, respond: Respond
    ) -> None:
        def answer(outcomes: list[Outcome]) -> None:
            (outcome,) = outcomes
            if isinstance(outcome, FailureCode):
                error = comment_failure(outcome, self._engine.limits) or failure_error(outcome)
                respond(write_error(request.path, error))
                return
            probs = _probs(outcome)
            parts = [(analysis.comment.whole(), probs)] if spans is None else spans
            respond(Response(200, [*JSON_HEADERS], write_analysis(analysis, probs, parts)))

        self._engine.submit([analysis.comment.text], self._ask(analysis, request), answer)

    def _ask(self, analysis: Analysis, request: Request) -> Ask:
        ask = ask_for(self._engine, request, COMMENTS)
        ask.contexts = [_COMMENT]
        ask.previous = [analysis.previous]
        ask.is_recorded = not analysis.do_not_store
        return ask


class Suggest:
    """Writes a suggestion down as an audited event: who suggested which scores for which text, by its keyed digest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._digester = open_digester(engine.database, engine.settings)

    def __call__(self, request: Request, respond: Respond) -> None:
        """Read, write down, answer once it is on disk."""
        _check_query(request.query)
        request.charge(1)
        suggestion = read_suggestion(request.body, self._engine.limits)
        if self._engine.log.is_full:
            raise records_unavailable()
        payload: dict[str, object] = {
            "content_digest": self._digester.digest(normalize(suggestion.comment.text)),
            "scores": dict(suggestion.scores),
            "n_spans": suggestion.n_spans,
            "languages": [*(suggestion.languages.requested or suggestion.languages.detected)],
        }
        principal = request.principal
        tenant = principal.tenant or self._engine.settings.tenant

        def write(connection: Connection) -> None:
            record_event(connection, "label.suggested", principal.actor, tenant, payload)

        def done(_: bool) -> None:  # noqa: FBT001 - the writer's word
            respond(Response(200, [*JSON_HEADERS], write_suggestion(suggestion)))

        def late() -> None:
            respond(write_error(request.path, records_unavailable()))

        loop = asyncio.get_running_loop()
        waiting = self._engine.recording.acknowledgements.expect(loop, done, late)
        self._engine.log.put(Unit((), (write,), None, loop, waiting.done, waiting.give_up))


def _probs(outcome: Judgement | Ruling) -> Probs:
    """The probabilities of the categories that were scored."""
    if isinstance(outcome, Judgement):
        return dict(zip(outcome.moderator.labels, outcome.probs, strict=True))
    return {score.category: score.prob for score in outcome.decision.scores if score.prob is not None}


def _check_query(query: bytes) -> None:
    """Only JSON is written; what else Google's clients may add to the address is taken and changes nothing."""
    if b"alt=" in query and parse_qs(query.decode("latin-1")).get("alt", ["json"]) != ["json"]:
        raise bad_request("alt is json: no other format is written")
