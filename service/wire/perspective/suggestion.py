"""`comments:suggestscore`: scores that somebody finds right for a comment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from service.wire.document import Json, read_object
from service.wire.limits import Limits
from service.wire.perspective.comment import Comment, Languages
from service.wire.perspective.errors import bad_request
from service.wire.perspective.fields import (
    COMMON,
    PROBABILITY,
    SCORABLE_TYPES,
    echo,
    known_attribute,
    read_comment,
    read_context,
    read_fields,
    read_languages,
    read_share,
    read_token,
)

_FIELDS: Final = frozenset({*COMMON, "attributeScores"})
_SCORES: Final = frozenset({"summaryScore", "spanScores"})
_SCORE: Final = frozenset({"value", "type"})
_SPAN: Final = frozenset({"begin", "end", "score"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Scores that somebody finds right for a comment: of all of it, and how many spans they scored besides."""

    comment: Comment
    scores: Mapping[str, float]
    n_spans: int
    languages: Languages
    client_token: str | None


def read_suggestion(body: bytes | bytearray, limits: Limits) -> Suggestion:
    """Read a suggestion of scores.

    Raises:
        RequestError: It is malformed.

    """
    document = read_fields(read_object(body), _FIELDS, "the request")
    comment = read_comment(document.get("comment"), limits)
    read_context(document.get("context"), limits)
    given = document.get("attributeScores")
    if type(given) is not dict or not given:
        raise bad_request("attribute_scores must not be empty: an object of scores by attribute")
    scores: dict[str, float] = {}
    n_spans = 0
    for name, value in given.items():
        known_attribute(name)
        entry = read_fields(value, _SCORES, "the scores of an attribute")
        if entry.get("summaryScore") is not None:
            scores[name] = _suggested(entry["summaryScore"])
        spans = entry.get("spanScores") or []
        if type(spans) is not list or not (spans or name in scores):
            raise bad_request("the scores of an attribute are a summaryScore, an array spanScores, or both")
        for span in spans:
            _check_span(span)
        n_spans += len(spans)
    return Suggestion(comment, scores, n_spans, read_languages(document, comment), read_token(document))


def write_suggestion(suggestion: Suggestion) -> bytes:
    """The response body: what was said, and the language that was recognised where none was."""
    requested, detected = suggestion.languages.requested, suggestion.languages.detected
    languages = {"requestedLanguages": requested} if requested else {"detectedLanguages": detected}
    return orjson.dumps(echo(suggestion.client_token) | languages)


def _suggested(value: Json) -> float:
    score = read_fields(value, _SCORE, "a score")
    if score.get("type", PROBABILITY) not in SCORABLE_TYPES:
        raise bad_request("the type of a suggested score is PROBABILITY")
    return read_share(score.get("value"), "the value of a score")


def _check_span(value: Json) -> None:
    span = read_fields(value, _SPAN, "a span")
    begin, end = span.get("begin"), span.get("end")
    if type(begin) is not int or type(end) is not int or not 0 <= begin < end:
        raise bad_request("begin and end of a span are whole numbers, and begin is less than end")
    _suggested(span.get("score"))
