"""`Idempotency-Key` on decisions: one decision a key, the same answer for every repeat."""

import asyncio
import dataclasses
import uuid
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from models.contracts import FailureCode
from service.engine import Engine
from service.errors import overloaded
from service.http.asgi import ProductApp
from service.idempotency.tables import idempotency_answers
from service.records.tables import decisions
from service.records.writer import Unit
from tests.service.conftest import Ask

PATH = "/v1/decisions"


def new_key() -> str:
    return str(uuid.uuid4())


def keyed(key: str) -> dict[str, str]:
    return {"idempotency-key": key}


def count(engine: Engine, content_id: str) -> int:
    with engine.database.connect() as connection:
        chosen = select(func.count()).select_from(decisions).where(decisions.c.content_id == content_id)
        return connection.execute(chosen).scalar_one()


def items(name: str, *texts: str) -> dict[str, Any]:
    return {"items": [{"id": name, "text": text} for text in texts]}


def test_a_repeat_gets_the_first_decision_and_is_marked(ask: Ask, engine: Engine) -> None:
    key, name = new_key(), new_key()
    first = ask("POST", PATH, json=items(name, "you", "people"), headers=keyed(key))
    again = ask("POST", PATH, json=items(name, "you", "people"), headers=keyed(key))
    assert first.status_code == again.status_code == 200
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert count(engine, name) == 2


def test_without_a_key_every_request_decides(ask: Ask, engine: Engine) -> None:
    name = new_key()
    for _ in range(2):
        ask("POST", PATH, json=items(name, "you"))
    assert count(engine, name) == 2


def test_a_key_with_another_body_is_refused(ask: Ask, engine: Engine) -> None:
    key, name = new_key(), new_key()
    ask("POST", PATH, json=items(name, "you"), headers=keyed(key))
    other = ask("POST", PATH, json=items(name, "me"), headers=keyed(key))
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert count(engine, name) == 1


@pytest.mark.parametrize("bad", ["", "with blank", "x" * 256, "tab\tinside"])
def test_a_malformed_key_is_refused(ask: Ask, bad: str) -> None:
    answer = ask("POST", PATH, json=items("a", "you"), headers=keyed(bad))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_idempotency_key")


def test_a_malformed_request_leaves_its_key_free(ask: Ask) -> None:
    key = new_key()
    assert ask("POST", PATH, json={"items": []}, headers=keyed(key)).status_code == 400
    assert ask("POST", PATH, json=items("a", "you"), headers=keyed(key)).status_code == 200


def test_a_request_of_failures_alone_is_repeated_as_it_was(ask: Ask) -> None:
    key = new_key()
    first, again = (ask("POST", PATH, json=items("a", " ", ""), headers=keyed(key)) for _ in range(2))
    assert first.status_code == again.status_code == 422
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")


def test_a_failure_that_passes_is_not_remembered(ask: Ask, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    key, name = new_key(), new_key()
    with monkeypatch.context() as full:
        full.setattr(engine.batcher, "submit", lambda _: _raise(overloaded()))
        assert ask("POST", PATH, json=items(name, "you"), headers=keyed(key)).status_code == 429
    later = ask("POST", PATH, json=items(name, "you"), headers=keyed(key))
    assert (later.status_code, "idempotent-replayed" in later.headers, count(engine, name)) == (200, False, 1)


def test_of_a_batch_only_what_failed_for_now_is_decided_again(
    ask: Ask, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, name = new_key(), new_key()
    body = items(name, "you", "people", " ")
    submit = engine.batcher.submit

    def late(ticket: Any) -> None:
        def done(finished: Any) -> None:
            finished.outcomes[1] = FailureCode.DEADLINE_EXCEEDED
            on_done(finished)

        on_done, ticket.on_done = ticket.on_done, done
        submit(ticket)

    with monkeypatch.context() as slow:
        slow.setattr(engine.batcher, "submit", late)
        first = ask("POST", PATH, json=body, headers=keyed(key)).json()["results"]
    second = ask("POST", PATH, json=body, headers=keyed(key)).json()["results"]
    third = ask("POST", PATH, json=body, headers=keyed(key))
    assert [result["outcome"] for result in first] == ["decided", "failed", "failed"]
    assert [result["outcome"] for result in second] == ["decided", "decided", "failed"]
    assert second[0] == first[0]
    assert (third.json()["results"], third.headers["idempotent-replayed"]) == (second, "true")
    assert count(engine, name) == 2


def _raise(error: Exception) -> None:
    raise error


async def _post_many(product: ProductApp, n_requests: int, body: dict[str, Any], key: str) -> list[httpx.Response]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(product), base_url="http://weir") as client:
        posts = (client.post(PATH, json=body, headers=keyed(key)) for _ in range(n_requests))
        return list(await asyncio.gather(*posts))


def test_a_thousand_at_once_are_one_decision(product: ProductApp, engine: Engine) -> None:
    key, name = new_key(), new_key()
    answers = asyncio.run(_post_many(product, 1_000, items(name, "you"), key))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert count(engine, name) == 1


def test_whoever_is_late_in_another_worker_answers_with_the_first(
    ask: Ask, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking for an answer and committing one, another worker commits the same request."""
    key, name = new_key(), new_key()
    body = items(name, "you")
    put = engine.log.put

    def overtaken(unit: Unit) -> None:
        put(Unit(unit.rows, (), unit.guard))
        put(dataclasses.replace(unit, rows=[(new_key(), *row[1:]) for row in unit.rows]))

    monkeypatch.setattr(engine.log, "put", overtaken)
    answer = ask("POST", PATH, json=body, headers=keyed(key))
    assert (answer.status_code, answer.headers["idempotent-replayed"]) == (200, "true")
    assert count(engine, name) == 1


def test_what_is_stored_names_neither_the_item_nor_its_words(ask: Ask, engine: Engine) -> None:
    key, name = new_key(), new_key()
    ask("POST", PATH, json=items(name, "zanzibarmarker"), headers=keyed(key))
    with engine.database.connect() as connection:
        chosen = select(idempotency_answers).where(idempotency_answers.c.key == key)
        kept = repr(connection.execute(chosen).one())
    assert name not in kept
    assert "zanzibarmarker" not in kept
