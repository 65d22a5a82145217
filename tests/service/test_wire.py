"""Wire formats: the fast readers accept exactly what the published types accept, and write what they promise."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models.contracts import CATEGORIES, OPENAI_CATEGORIES, Category, FailureCode
from service.engine import Engine
from service.errors import RequestError
from service.moderator import Judgement
from service.policy.facts import NO_FACTS
from service.ticket import Scored
from service.wire.decisions import DecisionsWriter, Item, read_decisions
from service.wire.limits import Limits
from service.wire.moderations import ModerationsWriter, read_moderations
from service.wire.schemas import DecisionsRequest, DecisionsResponse, ModerationsRequest, ModerationsResponse
from tests.service.hashing import LABELS, HashingScorer

LIMITS = Limits(max_items=1_000, max_text_chars=1_000)
SCORABLE = {"empty_content", "invalid_text", "text_too_long", "unsupported_modality"}

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9)
)
parts = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "image_url", "audio", None])},
    optional={
        "text": scalars,
        "image_url": st.fixed_dictionaries({"url": scalars}, optional={"detail": scalars}) | scalars,
        "extra": scalars,
    },
)
moderation_documents = st.fixed_dictionaries(
    {},
    optional={
        "input": scalars
        | st.lists(scalars, max_size=3)
        | st.lists(st.text(min_size=1, max_size=9), max_size=3)
        | st.lists(parts, max_size=3),
        "model": scalars,
        "stream": scalars,
        "extra": scalars,
    },
)
items = st.fixed_dictionaries(
    {},
    optional={
        "id": scalars,
        "text": scalars,
        "images": scalars
        | st.lists(scalars | st.fixed_dictionaries({"url": scalars}, optional={"x": scalars}), max_size=2),
        "extra": scalars,
    },
)
decision_documents = st.fixed_dictionaries(
    {}, optional={"items": scalars | st.lists(items | scalars, max_size=3), "extra": scalars}
)


def fits(model: Any, body: bytes) -> bool:
    try:
        model.model_validate_json(body, strict=True)
    except ValidationError:
        return False
    return True


@given(moderation_documents | scalars)
@settings(max_examples=400, deadline=None)
def test_moderations_are_read_exactly_as_published(document: object) -> None:
    body = json.dumps(document).encode()
    try:
        read_moderations(body, LIMITS)
        accepted = True
    except RequestError as error:
        accepted = error.code in SCORABLE
    assert accepted == fits(ModerationsRequest, body)


@given(decision_documents | scalars)
@settings(max_examples=400, deadline=None)
def test_decisions_are_read_exactly_as_published(document: object) -> None:
    body = json.dumps(document).encode()
    try:
        read_decisions(body, LIMITS)
        accepted = True
    except RequestError:
        accepted = False
    assert accepted == fits(DecisionsRequest, body)


def status(read: Callable[[bytes, Limits], object], body: bytes) -> int:
    try:
        read(body, LIMITS)
    except RequestError as error:
        return error.status
    return 200


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused_with_400(body: bytes) -> None:
    assert {status(read_moderations, body), status(read_decisions, body)} <= {200, 400}


def test_the_parts_of_one_input_are_one_item() -> None:
    body = b'{"input": [{"type": "text", "text": "you"}, {"type": "text", "text": "lovely"}]}'
    assert read_moderations(body, LIMITS) == ["you\nlovely"]


def test_a_lone_surrogate_fails_only_its_own_item() -> None:
    read = read_decisions(b'{"items": [{"text": "\\ud800"}, {"text": "fine \\ud83d\\ude00"}]}', LIMITS)
    assert [(item.failure, item.text) for item in read][1] == (None, "fine 😀")
    assert read[0].failure is FailureCode.INVALID_TEXT


@pytest.fixture(scope="module")
def judged(engine: Engine) -> list[tuple[Scored, Judgement]]:
    scorer = HashingScorer()
    prepared = scorer.prepare(["you are an idiot", "lovely people"])
    scored = [Scored(scorer.score(entry.text), entry.text, entry.features) for entry in prepared]
    return [(entry, engine.judges.active.moderator.judge(entry, NO_FACTS)) for entry in scored]


def moderations(engine: Engine, judged: list[tuple[Scored, Judgement]]) -> dict[str, Any]:
    writer = ModerationsWriter(LABELS, engine.judges.active.moderator.policy.balanced, "hashing-1.0.0")
    document: dict[str, Any] = orjson.loads(writer.write("modr-1", [judgement for _, judgement in judged]))
    return document


def test_written_moderations_fit_the_published_type(engine: Engine, judged: list[tuple[Scored, Judgement]]) -> None:
    ModerationsResponse.model_validate(moderations(engine, judged))


def test_moderations_have_the_openai_categories_first(engine: Engine, judged: list[tuple[Scored, Judgement]]) -> None:
    result = moderations(engine, judged)["results"][0]
    for key in ("categories", "category_scores", "category_applied_input_types"):
        assert list(result[key]) == [category.value for category in CATEGORIES]
        assert list(result[key])[:13] == [category.value for category in OPENAI_CATEGORIES]


def test_a_category_that_nobody_scores_says_so(engine: Engine, judged: list[tuple[Scored, Judgement]]) -> None:
    result = moderations(engine, judged)["results"][0]
    minors = Category.SEXUAL_MINORS.value
    assert result["category_applied_input_types"][minors] == []
    assert (result["categories"][minors], result["category_scores"][minors]) == (False, 0.0)


def test_categories_are_true_exactly_from_the_balanced_point(
    engine: Engine, judged: list[tuple[Scored, Judgement]]
) -> None:
    balanced = dict(zip(LABELS, engine.judges.active.moderator.policy.balanced, strict=True))
    for result in moderations(engine, judged)["results"]:
        scores = result["category_scores"]
        assert result["categories"] == {c.value: c in balanced and scores[c.value] >= balanced[c] for c in CATEGORIES}
        assert result["flagged"] == any(result["categories"].values())


def test_a_written_decision_is_the_decision_of_the_shared_vocabulary(
    engine: Engine, judged: list[tuple[Scored, Judgement]]
) -> None:
    item = Item("mine", "x", None)
    status, body = DecisionsWriter(engine.judges.active.moderator, LIMITS).write(
        [item] * 2, [judgement for _, judgement in judged]
    )
    assert status == 200
    written = DecisionsResponse.model_validate_json(body).results
    expected = [engine.judges.active.moderator.decision(judgement, "mine") for _, judgement in judged]
    assert [entry.model_dump(exclude={"redacted_images"}) for entry in written] == [d.model_dump() for d in expected]


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        (["empty_content", "text_too_long"], 422),
        (["empty_content", "overloaded"], 429),
        (["deadline_exceeded"], 503),
        (["unscorable", "internal"], 500),
        (["unscorable", "empty_content"], 422),
    ],
)
def test_the_status_when_nothing_was_decided(engine: Engine, codes: list[str], status: int) -> None:
    failures = [FailureCode(code) for code in codes]
    items = [Item(None, "", failure) for failure in failures]
    assert DecisionsWriter(engine.judges.active.moderator, LIMITS).write(items, failures)[0] == status
