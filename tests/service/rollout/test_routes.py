"""The routes: what an administrator may see and do with policies, and how each refusal reads."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from service.access.gate import Admission, Headers
from service.access.principal import Principal, Scope
from service.engine import Engine
from service.http.management import build_management
from service.http.routers import build_routers
from tests.service.rollout.conftest import HOPELESS, MILD, Worker, policy_text


class Keys:
    """Lets in whoever the test says is asking."""

    principal = Principal("ann", None, frozenset(Scope))

    def admit(self, scope: Scope | None, headers: Headers, query: bytes) -> Admission:
        return Admission(self.principal)


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def client(workers: list[Worker], keys: Keys) -> Iterator[TestClient]:
    with TestClient(management(workers[0].engine, keys), raise_server_exceptions=False) as client:
        yield client


def management(engine: Engine, keys: Keys) -> FastAPI:
    return build_management(keys, build_routers(engine))


def create(client: TestClient, name: str, action: str = "demote") -> str:
    answer = client.post("/v1/policies", json={"text": policy_text(name, action)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["version"])


def error(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()["error"]
    return found


def test_a_policy_is_stored_and_read_back(client: TestClient) -> None:
    version = create(client, "new")
    found = client.get(f"/v1/policies/{version}").json()
    assert (found["name"], found["text"], found["role"]) == ("new", policy_text("new"), "inactive")
    assert found["created_by"] == "key:ann"
    assert create(client, "new") == version


def test_a_broken_policy_is_refused_with_its_line(client: TestClient) -> None:
    text = policy_text("broken").replace("demote", "demolish")
    found = error(client.post("/v1/policies", json={"text": text}), 400)
    assert found["code"] == "invalid_policy"
    assert found["message"].startswith("policy:6: ")


def test_an_activation_decides_in_this_worker_at_once(client: TestClient, workers: list[Worker]) -> None:
    version = create(client, "new")
    answer = client.post(f"/v1/policies/{version}/activate", json={"reason": "better"})
    assert (answer.json()["percent"], answer.json()["actor"], answer.json()["reason"]) == (100, "key:ann", "better")
    assert workers[0].decides() == version
    listed = client.get("/v1/policies").json()
    assert (listed["active"], listed["candidate"]) == (version, None)


def test_a_rollback_decides_in_this_worker_at_once(client: TestClient, workers: list[Worker]) -> None:
    before = workers[0].decides()
    client.post(f"/v1/policies/{create(client, 'new')}/activate", json={})
    answer = client.post("/v1/policies/rollback", json={"reason": "too strict"})
    assert (answer.json()["kind"], answer.json()["version"]) == ("rolled_back", before)
    assert workers[0].decides() == before


def test_a_staged_rollout_is_shown(client: TestClient) -> None:
    version = create(client, "new")
    client.post(f"/v1/policies/{version}/activate", json={"percent": 10})
    listed = client.get("/v1/policies").json()
    assert (listed["candidate"], listed["percent"]) == (version, 10)
    roles = {policy["name"]: policy["role"] for policy in listed["policies"]}
    assert roles == {"new": "candidate", "file": "active"}


def test_what_cannot_be_done_is_said(client: TestClient, workers: list[Worker]) -> None:
    assert error(client.post("/v1/policies/rollback", json={}), 409)["code"] == "nothing_to_roll_back"
    active = f"/v1/policies/{workers[0].decides()}/activate"
    assert error(client.post(active, json={"percent": 10}), 409)["code"] == "rollout_conflict"
    unknown = f"/v1/policies/{'0' * 12}"
    assert error(client.get(unknown), 404)["code"] == "unknown_policy"
    assert error(client.post(f"{unknown}/activate", json={}), 404)["code"] == "unknown_policy"
    hopeless = client.post("/v1/policies", json={"text": HOPELESS.text}).json()["version"]
    assert error(client.post(f"/v1/policies/{hopeless}/activate", json={}), 400)["code"] == "invalid_policy"
    for percent in (0, 101, "ten"):
        assert client.post(active, json={"percent": percent}).status_code == 400
    assert client.get("/v1/policies/history", params={"limit": 0}).status_code == 400


def test_the_history_is_read_in_pages(client: TestClient) -> None:
    for name in ("a", "b"):
        client.post(f"/v1/policies/{create(client, name)}/activate", json={})
    first = client.get("/v1/policies/history", params={"limit": 2}).json()
    rest = client.get("/v1/policies/history", params={"limit": 2, "before": first["next_before"]}).json()
    assert len(first["activations"]) == 2
    assert [entry["actor"] for entry in rest["activations"]] == ["file"]
    assert rest["next_before"] is None


def test_a_shadow_is_set_seen_and_cleared(client: TestClient) -> None:
    assert error(client.get("/v1/policies/shadow"), 404)["code"] == "no_shadow"
    version = create(client, "new")
    assert client.put("/v1/policies/shadow", json={"version": version, "share": 0.5}).json()["share"] == 0.5
    assert client.get("/v1/policies/shadow").json()["version"] == version
    report = client.get("/v1/policies/shadow/report").json()
    assert (report["shadow"], report["n_decisions"], report["since"], report["actions"]) == (version, 0, None, [])
    assert client.delete("/v1/policies/shadow").status_code == 204
    assert error(client.delete("/v1/policies/shadow"), 404)["code"] == "no_shadow"
    assert error(client.get("/v1/policies/shadow/report"), 404)["code"] == "no_shadow"


def test_a_key_of_one_tenant_sees_and_changes_no_policy(client: TestClient, keys: Keys) -> None:
    version = create(client, "new")
    keys.principal = Principal("bob", "acme", frozenset(Scope))
    asked = [
        client.get("/v1/policies"),
        client.get(f"/v1/policies/{version}"),
        client.get("/v1/policies/history"),
        client.get("/v1/policies/shadow"),
        client.get("/v1/policies/shadow/report"),
        client.post("/v1/policies", json={"text": MILD.text}),
        client.post(f"/v1/policies/{version}/activate", json={}),
        client.post("/v1/policies/rollback", json={}),
        client.put("/v1/policies/shadow", json={"version": version}),
        client.delete("/v1/policies/shadow"),
    ]
    assert [error(answer, 403)["code"] for answer in asked] == ["wrong_tenant"] * len(asked)


@pytest.mark.parametrize("text", ["a\x00b", "", "x" * 1_000_001])
def test_a_text_that_cannot_be_kept_is_refused(client: TestClient, text: str) -> None:
    assert client.post("/v1/policies", json={"text": text}).status_code == 400


def test_a_lone_surrogate_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/policies", content=b'{"text": "\\ud800"}', headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_a_rollback_is_nothing_to_look_at(client: TestClient) -> None:
    answer = client.get("/v1/policies/rollback")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
