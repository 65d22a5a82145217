"""The routes under `/v1/audit`: what admins read and do, and what a key of one tenant does not see."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from service.access.gate import Admission
from service.access.principal import OPEN, Principal, Scope
from service.accountability.dsa.platform import DEFAULT, load_platform
from service.accountability.erasure import count_decisions
from service.accountability.routes import build_router
from service.accountability.verification import verify
from service.http.management import build_management
from service.records.keys import ContentDigester
from service.records.ledger import record_event, write_transaction
from service.records.schema import open_database
from tests.service.accountability.conftest import add_event
from tests.service.rows import add_decider, decision_row, write_decisions

DIGESTER = ContentDigester(b"k" * 32)
TENANT = Principal("k1", "t", frozenset({Scope.ADMIN}))


class AsPrincipal:
    """A gate that knows one principal."""

    def __init__(self, principal: Principal) -> None:
        self._principal = principal

    def admit(self, *_: object) -> Admission:
        return Admission(self._principal)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    add_decider(engine)
    yield engine
    engine.dispose()


Client = Callable[..., httpx.Response]


def client(database: Engine, principal: Principal = OPEN) -> TestClient:
    router = build_router(database, DIGESTER, load_platform(DEFAULT))
    return TestClient(build_management(AsPrincipal(principal), [router]), raise_server_exceptions=False)


def get(database: Engine, path: str, principal: Principal = OPEN, **query: Any) -> Any:
    answer = client(database, principal).get(f"/v1/audit/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_head_is_that_of_the_chain(chained: Engine) -> None:
    assert get(chained, "head") == verify(chained).head.model_dump()


def test_a_chain_is_verified_stretch_by_stretch(chained: Engine) -> None:
    first = get(chained, "verification", limit=7)
    assert first == {"valid": True, "n_entries": 7, "n_problems": 0, "problems": [], "next_after": 7}
    second = get(chained, "verification", limit=7, after=7)
    assert (second["valid"], second["n_entries"], second["next_after"]) == (True, 3, None)


def test_a_stretch_that_was_touched_is_not_valid(chained: Engine) -> None:
    with chained.begin() as connection:
        connection.execute(text("UPDATE decisions SET action = 'remove' WHERE content_id = 'a-1'"))
    assert get(chained, "verification", limit=5)["valid"]
    assert [problem["seq"] for problem in get(chained, "verification", after=5)["problems"]] == [6, 8]


def test_a_stretch_that_does_not_exist_is_said_to_be_missing(chained: Engine) -> None:
    assert get(chained, "verification", after=99)["problems"][0]["kind"] == "missing_entry"


def test_events_come_in_pages_the_newest_first(database: Engine) -> None:
    ids = sorted((add_event(database) for _ in range(5)), reverse=True)
    first = get(database, "events", limit=3)
    second = get(database, "events", limit=3, before=first["next_before"])
    assert [event["event_id"] for event in first["events"] + second["events"]] == ids
    assert second["next_before"] is None


def test_events_are_chosen_by_kind_or_by_family(database: Engine) -> None:
    add_event(database, "policy.activated")
    add_event(database, "policyother.done")
    assert [event["kind"] for event in get(database, "events", kind="policy")["events"]] == ["policy.activated"]
    assert get(database, "events", kind="policy.rolled_back")["events"] == []


def test_an_author_is_erased_by_their_own_id(database: Engine) -> None:
    subject = DIGESTER.subject("user-1")
    write_decisions(database, decision_row(subject=subject), decision_row(subject=DIGESTER.subject("user-2")))
    answer = client(database).post("/v1/audit/erasures", json={"subject": "user-1"})
    assert answer.json() == {"decisions": 1, "rows": {}}
    assert count_decisions(database, subject, None) == 0
    assert verify(database).n_erased == 1


def test_an_id_that_is_not_unicode_is_refused(database: Engine) -> None:
    headers = {"content-type": "application/json"}
    answer = client(database).post("/v1/audit/erasures", content=b'{"subject": "\\ud800"}', headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_statements_come_in_pages(database: Engine) -> None:
    row = {"action": "remove", "reasons": orjson.dumps([]).decode()}
    ids = write_decisions(database, *(decision_row(**row, decided_at_us=1_790_000_000_000_000) for _ in range(150)))
    first = get(database, "statements")
    second = get(database, "statements", after=first["next_after"])
    assert (len(first["statements"]), len(second["statements"]), second["next_after"]) == (100, 50, None)
    assert {one["puid"] for one in first["statements"] + second["statements"]} == set(ids)


def test_a_key_of_one_tenant_sees_the_events_of_its_tenant(database: Engine) -> None:
    for tenant in ("t", "other", None):
        with write_transaction(database) as connection:
            record_event(connection, "a.b", "x", tenant, {})
    assert [event["tenant"] for event in get(database, "events", TENANT)["events"]] == ["t"]


def test_a_key_of_one_tenant_erases_within_its_tenant(database: Engine) -> None:
    subject = DIGESTER.subject("user-1")
    write_decisions(database, decision_row(subject=subject), decision_row(subject=subject, tenant="other"))
    under_test = client(database, TENANT)
    assert under_test.post("/v1/audit/erasures", json={"subject": "user-1"}).json()["decisions"] == 1
    assert under_test.post("/v1/audit/erasures", json={"subject": "user-1", "tenant": "other"}).status_code == 404
    assert count_decisions(database, subject, "other") == 1


def test_a_key_of_one_tenant_does_not_verify_the_chain_of_all(database: Engine) -> None:
    assert client(database, TENANT).get("/v1/audit/verification").status_code == 404


def test_a_key_of_one_tenant_exports_its_statements(database: Engine) -> None:
    rows = [decision_row(action="remove", tenant=tenant) for tenant in ("t", "other")]
    (mine, _) = write_decisions(database, *rows)
    assert [one["puid"] for one in get(database, "statements", TENANT)["statements"]] == [mine]
