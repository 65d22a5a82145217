"""Evidence on request: which words carried the scores, through the whole API."""

import uuid
from typing import Any

import pytest
from sqlalchemy import text as sql

from models.contracts import Category, SpanState
from service.engine import Engine
from service.explainer import Explainer
from service.wire.schemas import DecisionsResponse
from tests.service.conftest import Ask
from tests.service.hashing import LABELS, find_idiots

POST = "😂 you idiot"


def decide(ask: Ask, *items: dict[str, Any], **options: Any) -> list[Any]:
    response = ask("POST", "/v1/decisions", json={"items": list(items)}, **options)
    assert response.status_code == 200
    return DecisionsResponse.model_validate_json(response.content).results


def test_asked_for_evidence_an_answer_says_which_words_carried_the_scores(ask: Ask) -> None:
    (found,) = decide(ask, {"text": POST, "evidence": True})
    assert found.evidence.spans_state is SpanState.FOUND
    assert {POST[span.start : span.end] for span in found.evidence.spans} == {"idiot"}
    assert Category.HATE in {span.category for span in found.evidence.spans}


def test_only_categories_that_are_raised_are_explained(ask: Ask) -> None:
    (found,) = decide(ask, {"text": POST, "evidence": True})
    raised = {score.category for score in found.scores if score.severity}
    assert {span.category for span in found.evidence.spans} == raised & set(LABELS)


@pytest.mark.parametrize("item", [{"text": POST}, {"text": POST, "evidence": False}])
def test_without_asking_there_is_no_evidence(ask: Ask, item: dict[str, Any]) -> None:
    (found,) = decide(ask, item)
    assert found.evidence is None


def test_a_text_without_a_raised_score_has_no_words_to_show(ask: Ask) -> None:
    (found,) = decide(ask, {"text": "lovely lovely lovely", "evidence": True})
    assert (found.evidence.spans, found.evidence.spans_state) == ((), SpanState.FOUND)


def test_each_item_of_a_request_asks_for_itself(ask: Ask) -> None:
    asked, silent, failed = decide(
        ask, {"text": POST, "evidence": True}, {"text": POST}, {"text": " ", "evidence": True}
    )
    assert asked.evidence.spans
    assert silent.evidence is None
    assert failed.outcome == "failed"


def test_scores_from_the_cache_are_explained_for_each_posting(ask: Ask) -> None:
    first, again = "an idiot it is", "an   idiot it is"
    decide(ask, {"text": first})
    (found,) = decide(ask, {"text": again, "evidence": True})
    assert {again[span.start : span.end] for span in found.evidence.spans} == {"idiot"}


def test_a_text_whose_explanation_fails_is_decided_all_the_same(ask: Ask) -> None:
    (found,) = decide(ask, {"text": "notexplained idiot", "evidence": True})
    assert found.flagged
    assert found.evidence.spans_state is SpanState.MISSED


@pytest.mark.parametrize("value", ["true", 1, None, []])
def test_anything_but_true_and_false_is_refused(ask: Ask, value: object) -> None:
    response = ask("POST", "/v1/decisions", json={"items": [{"text": POST, "evidence": value}]})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "invalid_type", "items[0].evidence")


def test_a_model_that_cannot_say_it_answers_unsupported(
    ask: Ask, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "explainer", Explainer(None))
    (found,) = decide(ask, {"text": POST, "evidence": True})
    assert (found.evidence.spans, found.evidence.spans_state) == ((), SpanState.UNSUPPORTED)


def test_under_an_idempotency_key_a_repeat_says_that_spans_were_not_kept(
    ask: Ask, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "explainer", Explainer(find_idiots))
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    (first,) = decide(ask, {"text": POST, "evidence": True}, headers=headers)
    (repeat,) = decide(ask, {"text": POST, "evidence": True}, headers=headers)
    assert first.evidence.spans
    assert repeat.decision_id == first.decision_id
    assert (repeat.evidence.spans, repeat.evidence.spans_state) == ((), SpanState.NOT_KEPT)


def test_spans_are_in_no_record(ask: Ask, engine: Engine) -> None:
    (found,) = decide(ask, {"text": f"{POST} {uuid.uuid4()}", "evidence": True})
    assert found.evidence.spans
    with engine.database.connect() as connection:
        names = connection.execute(sql("select name from sqlite_master where type = 'table'")).scalars().all()
        rows = [str(row) for name in names for row in connection.execute(sql(f'select * from "{name}"'))]
    assert any(str(found.decision_id) in row for row in rows)
    assert not [row for row in rows if '"spans": [{' in row or '"spans":[{' in row]
