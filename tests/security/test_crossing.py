"""Tenant crossing: what belongs to one tenant is not there for a key of another, on every route that exists."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from service.http.documents import describe_api
from service.records.tables import decisions
from tests.security.conftest import Guarded
from tests.service.conftest import Ask

INSULT = "you idiot"


@pytest.fixture(scope="module")
def ask(guarded: Guarded) -> Ask:
    return guarded.ask()


def post_as(guarded: Guarded, name: str, path: str, body: Any) -> Any:
    return guarded.ask()("POST", path, json=body, headers=guarded.bearer(name))


@pytest.mark.parametrize("way", ["asgi", "socket"])
def test_an_item_that_names_another_tenant_is_refused(guarded: Guarded, way: str) -> None:
    body = {"items": [{"text": "fine"}, {"text": "fine", "context": {"tenant": "tenant-b"}}]}
    answer = guarded.ask(way)("POST", "/v1/decisions", json=body, headers=guarded.bearer("a-decide"))
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "tenant_mismatch"
    assert answer.json()["error"]["param"] == "items[1].context.tenant"


def test_nothing_is_decided_of_a_request_that_crosses(guarded: Guarded) -> None:
    body = {"items": [{"id": "crossing-1", "text": "fine"}, {"text": "fine", "context": {"tenant": "tenant-b"}}]}
    post_as(guarded, "a-decide", "/v1/decisions", body)
    with guarded.engine.database.connect() as connection:
        found = connection.execute(select(decisions).where(decisions.c.content_id == "crossing-1")).all()
    assert found == []


def test_an_idempotency_key_does_not_cross(guarded: Guarded) -> None:
    body = {"items": [{"text": "fine", "context": {"tenant": "tenant-b"}}]}
    headers = guarded.bearer("a-decide") | {"idempotency-key": "crossing"}
    assert guarded.ask()("POST", "/v1/decisions", json=body, headers=headers).status_code == 403


def test_one_s_own_tenant_may_be_named(guarded: Guarded) -> None:
    body = {"items": [{"text": "fine", "context": {"tenant": "tenant-a"}}]}
    assert post_as(guarded, "a-decide", "/v1/decisions", body).status_code == 200


def test_a_key_of_no_tenant_may_name_any(guarded: Guarded) -> None:
    body = {"items": [{"text": "fine", "context": {"tenant": tenant}} for tenant in ("tenant-a", "tenant-b")]}
    assert post_as(guarded, "all-decide", "/v1/decisions", body).status_code == 200


def test_a_decision_is_recorded_for_the_key_s_tenant(guarded: Guarded) -> None:
    made = post_as(guarded, "b-decide", "/v1/decisions", {"items": [{"text": "whose is it"}]}).json()["results"][0]
    with guarded.engine.database.connect() as connection:
        query = select(decisions.c.tenant).where(decisions.c.decision_id == made["decision_id"])
        assert connection.execute(query).scalar_one() == "tenant-b"


def test_the_answer_of_one_tenant_s_idempotency_key_is_not_another_s(guarded: Guarded) -> None:
    body = {"items": [{"text": "the same for both"}]}
    ids = set()
    for name in ("a-decide", "b-decide"):
        headers = guarded.bearer(name) | {"idempotency-key": "shared-name"}
        answer = guarded.ask()("POST", "/v1/decisions", json=body, headers=headers)
        assert answer.status_code == 200
        ids.add(answer.json()["results"][0]["decision_id"])
    assert len(ids) == 2


@pytest.fixture(scope="module")
def belongings(guarded: Guarded) -> dict[str, str]:
    """What tenant B has, by the name of the path parameter that would reach it."""
    decided = post_as(guarded, "b-full", "/v1/decisions", {"items": [{"text": INSULT}]}).json()["results"][0]
    found = {"decision_id": decided["decision_id"]}
    key = post_as(guarded, "b-full", "/v1/keys", {"name": "of b", "scopes": ["score"]})
    assert key.status_code == 201, key.text
    found["key_id"] = key.json()["key"]["id"]
    job = post_as(guarded, "b-full", "/v1/jobs", {})
    if job.status_code == 201:
        found["job_id"] = job.json()["job_id"]
    hook = post_as(
        guarded, "b-full", "/v1/webhooks", {"url": "https://hooks.example.com/b", "events": ["decision.held"]}
    )
    if hook.status_code == 201:
        found["webhook_id"] = (hook.json().get("webhook") or hook.json())["webhook_id"]
    return found


def operations(guarded: Guarded) -> list[tuple[str, str, dict[str, Any]]]:
    document = describe_api(guarded.engine)
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters" and "security" in operation
    ]


def test_there_are_belongings_of_every_kind(belongings: dict[str, str]) -> None:
    assert {"decision_id", "key_id", "job_id"} <= belongings.keys()


def test_no_operation_on_a_belonging_of_b_is_there_for_a(guarded: Guarded, belongings: dict[str, str]) -> None:
    """Every operation whose path names a thing: for A it is as if it were not there, and B still has it."""
    tried = 0
    for path, method, _ in operations(guarded):
        names = re.findall(r"{(\w+)}", path)
        if not names or not all(name in belongings for name in names):
            continue
        filled = path.format_map(belongings)
        body = b"{}" if method in ("post", "put", "patch") else b""
        headers = guarded.bearer("a-full") | {"content-type": "application/json"}
        answer = guarded.ask()(method.upper(), filled, content=body, headers=headers)
        assert answer.status_code in (400, 403, 404, 405, 409, 415, 422), (
            method,
            path,
            answer.status_code,
            answer.text,
        )
        assert not any(value in answer.text for value in belongings.values()), (method, path)
        tried += 1
    assert tried >= 5
    kept = guarded.ask()("GET", f"/v1/keys/{belongings['key_id']}", headers=guarded.bearer("b-full"))
    assert kept.json()["revoked_at"] is None


def test_no_list_that_a_may_read_has_a_belonging_of_b(guarded: Guarded, belongings: dict[str, str]) -> None:
    for path, method, _ in operations(guarded):
        if method != "get" or "{" in path:
            continue
        answer = guarded.ask()("GET", path, headers=guarded.bearer("a-full"))
        assert answer.status_code in (200, 400, 403, 404), (path, answer.status_code)
        assert not any(value in answer.text for value in belongings.values()), path
        assert "tenant-b" not in answer.text, path


def test_a_tenant_s_administrator_makes_keys_for_itself_alone(guarded: Guarded) -> None:
    own = post_as(guarded, "a-admin", "/v1/keys", {"name": "mine", "scopes": ["score"]})
    assert own.json()["key"]["tenant"] == "tenant-a"
    other = post_as(guarded, "a-admin", "/v1/keys", {"name": "theirs", "scopes": ["score"], "tenant": "tenant-b"})
    assert (other.status_code, other.json()["error"]["code"]) == (403, "tenant_mismatch")


@pytest.mark.parametrize("path", ["/v1/banks", "/v1/policies"])
def test_what_is_for_all_tenants_is_not_for_a_tenant_s_administrator(guarded: Guarded, path: str) -> None:
    assert guarded.ask()("GET", path, headers=guarded.bearer("a-admin")).status_code == 403
    assert guarded.ask()("GET", path, headers=guarded.bearer("all-admin")).status_code == 200
