"""`comments:analyze`: which attributes of a comment are asked for, and their scores.

Source: the discovery document of `commentanalyzer` v1alpha1 and the documentation of the Perspective API.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from models.contracts import Category
from service.errors import RequestError
from service.wire.document import Json, kind, read_object
from service.wire.limits import Limits
from service.wire.perspective.attributes import Attribute
from service.wire.perspective.comment import Comment, Languages
from service.wire.perspective.errors import CommentError, ErrorType, bad_request
from service.wire.perspective.fields import (
    COMMON,
    PROBABILITY,
    SCORABLE_TYPES,
    SCORE_TYPES,
    echo,
    known_attribute,
    read_comment,
    read_context,
    read_fields,
    read_flag,
    read_languages,
    read_share,
    read_token,
)
from service.wire.perspective.sentences import Span

_FIELDS: Final = frozenset(
    {*COMMON, "requestedAttributes", "spanAnnotations", "doNotStore", "dropUnsupportedAttributes"}
)
_PARAMETERS: Final = frozenset({"scoreType", "scoreThreshold"})

Probs = Mapping[Category, float]
"""Of the categories that were scored."""


@dataclass(frozen=True, slots=True)
class Requested:
    """An attribute that is asked for. `threshold`: lower scores are not returned; None returns all."""

    attribute: Attribute
    threshold: float | None


@dataclass(frozen=True, slots=True)
class Analysis:
    """One request to analyze a comment. `previous`: the turn that it answers; None where there is none."""

    comment: Comment
    requested: tuple[Requested, ...]
    languages: Languages
    with_spans: bool
    do_not_store: bool
    client_token: str | None
    previous: str | None = None


def read_analysis(body: bytes | bytearray, limits: Limits, scored: Mapping[str, Attribute]) -> Analysis:
    """Read a request to analyze a comment.

    Args:
        body: JSON.
        limits: on texts.
        scored: the attributes that the loaded model has a score for.

    Raises:
        RequestError: It is malformed, or asks for what there is not.

    """
    document = read_fields(read_object(body), _FIELDS, "the request")
    comment = read_comment(document.get("comment"), limits)
    previous = read_context(document.get("context"), limits)
    drops = read_flag(document, "dropUnsupportedAttributes")
    requested = _read_requested(document.get("requestedAttributes"), scored, drops=drops)
    languages = read_languages(document, comment)
    if languages.unsupported:
        if not drops:
            raise _unsupported(requested[0].attribute.name if requested else "", languages)
        requested = ()
    return Analysis(
        comment,
        requested,
        languages,
        read_flag(document, "spanAnnotations"),
        read_flag(document, "doNotStore"),
        read_token(document),
        previous,
    )


def asks_to_forget(body: bytes | bytearray) -> bool:
    """Whether a request that was refused for its comment asks not to be stored; yes where that cannot be told.

    Args:
        body: JSON.

    """
    try:
        return read_flag(read_fields(read_object(body), _FIELDS, "the request"), "doNotStore")
    except RequestError:
        return True


def write_analysis(analysis: Analysis, probs: Probs, spans: Sequence[tuple[Span, Probs]]) -> bytes:
    """The response body: of every attribute the score of the whole comment and those of its spans."""
    scores = {entry.attribute.name: _write_scores(entry, probs, spans) for entry in analysis.requested}
    answer: dict[str, object] = {"attributeScores": {name: found for name, found in scores.items() if found}}
    return orjson.dumps(answer | _write_languages(analysis.languages) | echo(analysis.client_token))


def _write_scores(entry: Requested, probs: Probs, spans: Sequence[tuple[Span, Probs]]) -> dict[str, object]:
    found: dict[str, object] = {}
    least = 0.0 if entry.threshold is None else entry.threshold
    scored = [(span, entry.attribute.score(part)) for span, part in spans]
    if written := [
        {"begin": span.begin, "end": span.end, "score": {"value": value, "type": PROBABILITY}}
        for span, value in scored
        if value is not None and value >= least
    ]:
        found["spanScores"] = written
    summary = entry.attribute.score(probs)
    if summary is not None and summary >= least:
        found["summaryScore"] = {"value": summary, "type": PROBABILITY}
    return found


def _read_requested(value: Json, scored: Mapping[str, Attribute], *, drops: bool) -> tuple[Requested, ...]:
    if value is None or value == {}:
        raise CommentError(ErrorType.NO_REQUESTED_ATTRIBUTES, "Missing requested_attributes")
    if type(value) is not dict:
        raise bad_request(f"requestedAttributes is an object, not {kind(value)}")
    requested: list[Requested] = []
    for name, parameters in value.items():
        attribute = known_attribute(name)
        threshold = _read_threshold(name, {} if parameters is None else parameters)
        if name in scored:
            requested.append(Requested(attribute, threshold))
        elif not drops:
            because = "The loaded model does not score it." if attribute.groups else attribute.because
            raise bad_request(f"Unknown requested attribute: {name}. {because}")
    return tuple(requested)


def _read_threshold(name: str, value: Json) -> float | None:
    parameters = read_fields(value, _PARAMETERS, "the parameters of an attribute")
    score_type = parameters.get("scoreType", PROBABILITY)
    if score_type not in SCORE_TYPES:
        raise bad_request(f"scoreType is one of {', '.join(SCORE_TYPES)}")
    if score_type not in SCORABLE_TYPES:
        raise bad_request(f"Requested score type {score_type} is not supported by attribute {name}")
    threshold = parameters.get("scoreThreshold")
    return None if threshold is None else read_share(threshold, "scoreThreshold")


def _unsupported(name: str, languages: Languages) -> CommentError:
    tags = languages.requested or languages.detected
    field = "requestedLanguages" if languages.requested else "detectedLanguages"
    return CommentError(
        ErrorType.LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE,
        f"Attribute {name} does not support request languages: {', '.join(tags)}",
        {"languageNotSupportedByAttributeError": {field: tags, "attribute": name}},
    )


def _write_languages(languages: Languages) -> dict[str, object]:
    """What was said; where nothing was, what was recognised, which the original gives under both names."""
    if languages.requested:
        return {"languages": languages.requested}
    return {"languages": languages.detected, "detectedLanguages": languages.detected}
