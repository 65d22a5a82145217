"""`comments:analyze` and `:suggestscore` over the whole engine, in process and through a socket."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from models.contracts import Category
from service.engine import Engine
from service.errors import RequestError
from service.records.tables import decisions, events
from service.wire.limits import Limits
from service.wire.perspective.analysis import read_analysis
from service.wire.perspective.attributes import scored_attributes
from service.wire.perspective.errors import CommentError
from service.wire.perspective.schemas import (
    AnalyzeCommentResponse,
    GoogleErrorEnvelope,
    SuggestCommentScoreResponse,
)
from service.wire.perspective.suggestion import read_suggestion
from tests.service.conftest import Ask
from tests.service.hashing import LABELS, HashingScorer

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
TOXICITY = {"TOXICITY": {}}
SCORED = scored_attributes(LABELS)


def analyze(ask: Ask, text: str = "you lovely people", **fields: Any) -> dict[str, Any]:
    body = {"comment": {"text": text}, "requestedAttributes": TOXICITY, **fields}
    response = ask("POST", f"{ANALYZE}?key=unused&alt=json", json=body)
    assert response.status_code == 200, response.text
    AnalyzeCommentResponse.model_validate_json(response.content)
    document: dict[str, Any] = response.json()
    return document


def refused(ask: Ask, body: object, path: str = ANALYZE) -> dict[str, Any]:
    response = ask("POST", path, json=body)
    GoogleErrorEnvelope.model_validate_json(response.content)
    error: dict[str, Any] = response.json()["error"]
    assert response.status_code == error["code"] == 400
    assert error["status"] == "INVALID_ARGUMENT"
    return error


def n_recorded(engine: Engine) -> int:
    with engine.database.connect() as connection:
        return len(connection.execute(select(decisions.c.surface).where(decisions.c.surface == "comments")).all())


def expected(text: str) -> dict[Category, float]:
    return dict(zip(LABELS, HashingScorer().score(text), strict=True))


def test_the_summary_is_the_probability_of_the_category(ask: Ask) -> None:
    answer = analyze(ask, "never listen to people")
    assert answer["attributeScores"]["TOXICITY"]["summaryScore"] == {
        "value": expected("never listen to people")[Category.TOXICITY],
        "type": "PROBABILITY",
    }


def test_every_scored_attribute_may_be_asked_for_at_once(ask: Ask) -> None:
    names = scored_attributes(LABELS)
    scores = analyze(ask, requestedAttributes={name: {} for name in names})["attributeScores"]
    probs = expected("you lovely people")
    assert {name: entry["summaryScore"]["value"] for name, entry in scores.items()} == {
        name: attribute.score(probs) for name, attribute in names.items()
    }


def test_without_spans_the_whole_comment_is_the_one_span(ask: Ask) -> None:
    scores = analyze(ask, "😀 you lovely people. All of you!")["attributeScores"]["TOXICITY"]
    (span,) = scores["spanScores"]
    assert (span["begin"], span["end"], span["score"]) == (0, 33, scores["summaryScore"])


def test_spans_are_sentences_with_scores_of_their_own(ask: Ask) -> None:
    scores = analyze(ask, "😀 you lovely people. You idiot!", spanAnnotations=True)["attributeScores"]["TOXICITY"]
    assert [(span["begin"], span["end"]) for span in scores["spanScores"]] == [(0, 21), (22, 32)]
    assert [span["score"]["value"] for span in scores["spanScores"]] == [
        expected("😀 you lovely people.")[Category.TOXICITY],
        expected("You idiot!")[Category.TOXICITY],
    ]


def test_html_is_scored_as_text_and_spans_point_into_the_html(ask: Ask) -> None:
    source = "<p>you <b>lov</b>ely people.</p> <i>hello &amp; you</i>"
    body = {"comment": {"text": source, "type": "HTML"}, "requestedAttributes": TOXICITY, "spanAnnotations": True}
    scores = ask("POST", ANALYZE, json=body).json()["attributeScores"]["TOXICITY"]
    assert scores["summaryScore"]["value"] == expected("\nyou lovely people.\n hello & you")[Category.TOXICITY]
    parts = [source[span["begin"] : span["end"]] for span in scores["spanScores"]]
    assert parts == ["you <b>lov</b>ely people.", "hello &amp; you"]


def test_scores_below_their_threshold_are_not_returned(ask: Ask) -> None:
    attributes = {"TOXICITY": {"scoreThreshold": 1.0}, "SPAM": {"scoreThreshold": 0.0}}
    assert list(analyze(ask, requestedAttributes=attributes)["attributeScores"]) == ["SPAM"]


def test_names_may_be_spelled_as_in_protocol_buffers(ask: Ask) -> None:
    body = {"comment": {"text": "you"}, "requested_attributes": {"TOXICITY": {"score_threshold": None}}}
    response = ask("POST", ANALYZE, json=body | {"client_token": "t", "span_annotations": False})
    assert (response.status_code, response.json()["clientToken"]) == (200, "t")


def test_languages_are_mirrored_or_recognised(ask: Ask) -> None:
    assert analyze(ask, languages=["en-GB"])["languages"] == ["en-GB"]
    answer = analyze(ask)
    assert (answer["languages"], answer["detectedLanguages"]) == (["en"], ["en"])


def test_a_comment_is_recorded_once_however_many_spans_it_has(ask: Ask, engine: Engine) -> None:
    before = n_recorded(engine)
    analyze(ask, "One. Two. Three.", spanAnnotations=True)
    assert n_recorded(engine) == before + 1


@pytest.mark.parametrize("spans", [True, False])
def test_nothing_of_a_comment_is_stored_that_asks_for_it(ask: Ask, engine: Engine, spans: bool) -> None:
    before = n_recorded(engine)
    analyze(ask, "One. Two.", doNotStore=True, spanAnnotations=spans)
    assert n_recorded(engine) == before


COMMENT = {"text": "you lovely people"}
REFUSED = {
    "empty": ({"comment": {"text": " "}, "requestedAttributes": TOXICITY}, "COMMENT_EMPTY"),
    "invisible": (
        {"comment": {"text": "\u200b"}, "languages": ["en"], "requestedAttributes": TOXICITY},
        "COMMENT_EMPTY",
    ),
    "no comment": ({"requestedAttributes": TOXICITY}, "COMMENT_EMPTY"),
    "nothing but markup": (
        {"comment": {"text": "<p></p>", "type": "HTML"}, "requestedAttributes": TOXICITY},
        "COMMENT_EMPTY",
    ),
    "too long": ({"comment": {"text": "a" * 2_001}, "requestedAttributes": TOXICITY}, "COMMENT_TOO_LONG"),
    "no attributes": ({"comment": COMMENT}, "NO_REQUESTED_ATTRIBUTES"),
    "empty attributes": ({"comment": COMMENT, "requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES"),
    "unknown": ({"comment": COMMENT, "requestedAttributes": {"NICENESS": {}}}, "INVALID_REQUEST"),
    "refused": ({"comment": COMMENT, "requestedAttributes": {"FLIRTATION": {}}}, "INVALID_REQUEST"),
    "not loaded": ({"comment": COMMENT, "requestedAttributes": {"PROFANITY": {}}}, "INVALID_REQUEST"),
    "versioned": ({"comment": COMMENT, "requestedAttributes": {"TOXICITY@6": {}}}, "INVALID_REQUEST"),
    "score type": ({"comment": COMMENT, "requestedAttributes": {"TOXICITY": {"scoreType": "RAW"}}}, "INVALID_REQUEST"),
    "threshold": ({"comment": COMMENT, "requestedAttributes": {"TOXICITY": {"scoreThreshold": 2}}}, "INVALID_REQUEST"),
    "text type": ({"comment": COMMENT | {"type": "PDF"}, "requestedAttributes": TOXICITY}, "INVALID_REQUEST"),
    "unknown field": ({"comment": COMMENT, "requestedAttributes": TOXICITY, "x": 1}, "INVALID_REQUEST"),
    "twice": (
        {"comment": COMMENT, "requestedAttributes": TOXICITY, "requested_attributes": TOXICITY},
        "INVALID_REQUEST",
    ),
    "both contexts": (
        {
            "comment": COMMENT,
            "requestedAttributes": TOXICITY,
            "context": {"entries": [], "articleAndParentComment": {}},
        },
        "INVALID_REQUEST",
    ),
    "flag": ({"comment": COMMENT, "requestedAttributes": TOXICITY, "doNotStore": "yes"}, "INVALID_REQUEST"),
    "language tag": (
        {"comment": COMMENT, "requestedAttributes": TOXICITY, "languages": ["english!"]},
        "INVALID_REQUEST",
    ),
    "no letters": ({"comment": {"text": "😂"}, "requestedAttributes": TOXICITY}, "LANGUAGE_DETECTION_FAILED"),
    "French": (
        {"comment": COMMENT, "requestedAttributes": TOXICITY, "languages": ["en", "fr"]},
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
    ),
    "Russian": (
        {"comment": {"text": "привет"}, "requestedAttributes": TOXICITY},
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
    ),
}


@pytest.mark.parametrize(("body", "error_type"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_analyzed_has_the_original_s_error(ask: Ask, body: object, error_type: str) -> None:
    (detail,) = refused(ask, body)["details"]
    assert detail["@type"] == "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
    assert detail["errorType"] == error_type


def test_an_unsupported_language_names_the_attribute_and_the_languages(ask: Ask) -> None:
    error = refused(ask, {"comment": {"text": "привет"}, "requestedAttributes": TOXICITY})
    assert error["message"] == "Attribute TOXICITY does not support request languages: ru"
    assert error["details"][0]["languageNotSupportedByAttributeError"] == {
        "detectedLanguages": ["ru"],
        "attribute": "TOXICITY",
    }


def test_unsupported_attributes_may_be_dropped_instead(ask: Ask) -> None:
    attributes = {"TOXICITY": {}, "FLIRTATION": {}}
    answer = analyze(ask, requestedAttributes=attributes, dropUnsupportedAttributes=True)
    assert list(answer["attributeScores"]) == ["TOXICITY"]
    assert analyze(ask, languages=["fr"], dropUnsupportedAttributes=True)["attributeScores"] == {}


def test_errors_of_the_transport_have_the_same_envelope(ask: Ask) -> None:
    for method, options, status, word in [
        ("POST", {"content": b"{"}, 400, "INVALID_ARGUMENT"),
        ("POST", {"content": b"x", "headers": {"content-type": "text/plain"}}, 415, "INVALID_ARGUMENT"),
        ("POST", {"json": {"comment": {"text": "a" * 300_000}}}, 413, "INVALID_ARGUMENT"),
        ("GET", {}, 405, "UNIMPLEMENTED"),
    ]:
        headers = {"content-type": "application/json"} if "content" in options and "headers" not in options else None
        response = ask(method, ANALYZE, **({"headers": headers} if headers else {}), **options)
        GoogleErrorEnvelope.model_validate_json(response.content)
        assert (response.status_code, response.json()["error"]["status"]) == (status, word)


def test_another_format_than_json_is_refused(ask: Ask) -> None:
    refused(ask, {"comment": COMMENT, "requestedAttributes": TOXICITY}, f"{ANALYZE}?alt=proto")


def test_errors_never_quote_the_comment(ask: Ask) -> None:
    marker = "secretmarker"
    for body in [
        {"comment": {"text": marker, "type": marker}, "requestedAttributes": TOXICITY},
        {"comment": {"text": marker}, "requestedAttributes": {marker: {}}},
        {"comment": {marker: "a"}, "requestedAttributes": TOXICITY},
        {"comment": {"text": marker * 500}, "requestedAttributes": TOXICITY},
        {"comment": {"text": "a"}, "requestedAttributes": TOXICITY, "languages": [marker]},
        {"comment": {"text": "a"}, "requestedAttributes": TOXICITY, "clientToken": [marker]},
    ]:
        assert marker not in json.dumps(refused(ask, body))


def test_a_suggestion_is_an_audited_event_without_the_comment(ask: Ask, engine: Engine) -> None:
    body = {
        "comment": {"text": "you secretmarker people"},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}, "INSULT": {"summaryScore": {"value": 1}}},
        "clientToken": "comment-1",
        "communityId": "/forum/movies",
    }
    response = ask("POST", SUGGEST, json=body)
    assert SuggestCommentScoreResponse.model_validate_json(response.content).client_token == "comment-1"
    with engine.database.connect() as connection:
        kept = connection.execute(select(events).where(events.c.kind == "label.suggested")).mappings().all()[-1]
    payload = json.loads(kept["payload"])
    assert payload["scores"] == {"TOXICITY": 0.0, "INSULT": 1.0}
    assert (kept["actor"], len(payload["content_digest"])) == ("open", 64)
    assert "secretmarker" not in kept["payload"]
    assert "movies" not in kept["payload"]


@pytest.mark.parametrize(
    "scores",
    [
        {},
        {"TOXICITY": {}},
        {"TOXICITY": {"summaryScore": {}}},
        {"TOXICITY": {"summaryScore": {"value": 2}}},
        {"NICENESS": {"summaryScore": {"value": 1}}},
        {"TOXICITY": {"spanScores": [{"begin": 3, "end": 3, "score": {"value": 1}}]}},
    ],
)
def test_a_suggestion_that_says_nothing_is_refused(ask: Ask, scores: object) -> None:
    refused(ask, {"comment": COMMENT, "attributeScores": scores}, SUGGEST)


scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(0, 1) | st.text(max_size=5)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "comment": anything | st.fixed_dictionaries({"text": st.text(max_size=9)}, optional={"type": anything}),
        "requestedAttributes": anything | st.dictionaries(st.sampled_from(["TOXICITY", "SPAM", "INSULT"]), anything),
        "attributeScores": anything | st.dictionaries(st.sampled_from(["TOXICITY", "SPAM"]), anything),
        "languages": anything | st.lists(st.sampled_from(["en", "fr"]), max_size=2),
        "context": anything,
        "clientToken": scalars,
        "spanAnnotations": scalars,
    },
)


@given(documents | anything)
@settings(max_examples=300)
def test_any_document_is_read_or_refused_with_400(document: object) -> None:
    body, limits = json.dumps(document).encode(), Limits(10, 100)
    errors = [problem(lambda: read_analysis(body, limits, SCORED)), problem(lambda: read_suggestion(body, limits))]
    assert {error.status for error in errors if error} <= {400}
    assert not isinstance(document, dict) or all(isinstance(error, CommentError) for error in errors if error)


def problem(read: Callable[[], object]) -> RequestError | None:
    try:
        read()
    except RequestError as error:
        return error
    return None
