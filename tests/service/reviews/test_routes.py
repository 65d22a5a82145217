"""The routes: tenants apart, hostile input refused with a typed error, and an OpenAPI document that is true."""

import asyncio
import uuid
from dataclasses import replace
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from models.contracts import Action, Category
from service.access.gate import Admission
from service.access.principal import Principal, Scope
from service.errors import RequestError
from service.http.management import build_management
from service.http.openapi import with_managed
from service.reviews.appeal_routes import build_appeal_router
from service.reviews.content import ContentKept, Keeping
from service.reviews.desk import Desk
from service.reviews.label_routes import build_label_router
from service.reviews.routes import build_review_router
from service.wire.schemas import ErrorEnvelope
from tests.service.reviews.conftest import decision, principal, record

KEYS = {
    "all": principal(None, "all"),
    "second": principal(None, "second"),
    "t1": principal("t1", "one"),
    "t2": principal("t2", "two"),
    "team": principal("t1", "team", Scope.DECIDE),
    "reviewer": principal("t1", "reviewer", Scope.REVIEW),
}


class TestGate:
    """Names of keys instead of keys."""

    __test__ = False

    def admit(self, scope: Scope | None, headers: list[tuple[bytes, bytes]], query: bytes) -> Admission:
        key = dict(headers).get(b"x-key", b"all").decode()
        found: Principal = KEYS[key]
        if scope is not None and not found.may(scope):
            raise RequestError(403, "scope_missing", "the key does not allow this")
        return Admission(found)

    def identify(self, headers: list[tuple[bytes, bytes]]) -> Principal:
        return KEYS[dict(headers).get(b"x-key", b"all").decode()]


def routers(desk: Desk) -> list[APIRouter]:
    return [build_review_router(desk), build_appeal_router(desk), build_label_router(desk)]


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return build_management(TestGate(), routers(desk))


def ask(app: FastAPI, method: str, path: str, key: str = "all", **options: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://weir") as client:
            headers = {"x-key": key} | options.pop("headers", {})
            return await client.request(method, path, headers=headers, **options)

    return asyncio.run(send())


def test_an_item_goes_from_the_queue_to_its_label(app: FastAPI, desk: Desk) -> None:
    decision_id = record(desk)
    (listed,) = ask(app, "GET", "/v1/reviews").json()["items"]
    assert (listed["decision_id"], listed["state"], listed["severity"]) == (decision_id, "open", 6)
    (item,) = ask(app, "POST", "/v1/reviews/claim", json={"reviewer": "anna"}).json()["items"]
    assert (item["claimed_by"], item["decision"]["scores"]) == ("key:all/anna", {"hate": 0.95})
    lease = {"lease": item["lease"]}
    assert ask(app, "POST", f"/v1/reviews/{decision_id}/renew", json=lease).status_code == 200
    verdict = lease | {"verdict": "overturn", "labels": {"hate": "no"}}
    decided = ask(app, "POST", f"/v1/reviews/{decision_id}/decide", json=verdict)
    assert decided.json() == {"decision_id": decision_id, "action": "allow"}
    (label,) = ask(app, "GET", "/v1/labels").json()["items"]
    assert (label["category"], label["value"], label["derived"]) == ("hate", "no", False)
    stats = ask(app, "GET", "/v1/reviews/stats").json()
    assert (stats["states"]["decided"], stats["decided_last_hour"], stats["oldest_age_s"]) == (1, 1, None)


def test_an_appeal_goes_from_the_team_to_a_reviewer(app: FastAPI, desk: Desk) -> None:
    decision_id = record(desk, author="ann")
    opened = ask(app, "POST", "/v1/appeals", "team", json={"decision_id": decision_id, "author_id": "ann"})
    assert (opened.status_code, opened.json()["state"]) == (201, "open")
    path = f"/v1/appeals/{opened.json()['appeal_id']}"
    assert ask(app, "GET", path, "t2").status_code == 404
    ruling = {"outcome": "overturned", "message": "restored"}
    assert ask(app, "POST", f"{path}/decide", "team", json=ruling).status_code == 403
    decided = ask(app, "POST", f"{path}/decide", "reviewer", json=ruling).json()
    assert (decided["state"], decided["action"], decided["message"]) == ("overturned", "allow", "restored")


def test_the_team_reads_what_became_of_its_appeal_but_not_who_decided_it(app: FastAPI, desk: Desk) -> None:
    opened = ask(app, "POST", "/v1/appeals", "team", json={"decision_id": record(desk)}).json()
    path = f"/v1/appeals/{opened['appeal_id']}"
    ask(app, "POST", f"{path}/decide", "reviewer", json={"outcome": "overturned", "message": "restored"})
    seen, whole = ask(app, "GET", path, "team").json(), ask(app, "GET", path, "reviewer").json()
    assert (seen["state"], seen["message"], seen["decided_by"]) == ("overturned", "restored", None)
    assert whole["decided_by"] == "key:reviewer"
    assert ask(app, "GET", "/v1/appeals", "team").status_code == 403


@pytest.mark.parametrize("headers", [{}, {"content-type": "application/x-www-form-urlencoded"}])
def test_a_body_that_does_not_say_it_is_json_is_415(app: FastAPI, headers: dict[str, str]) -> None:
    answer = ask(app, "POST", "/v1/reviews/claim", content=b'{"n": 1}', headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")
    assert "application/json" in answer.json()["error"]["message"]


def test_who_may_not_is_403_whatever_the_body_is(app: FastAPI) -> None:
    assert ask(app, "POST", "/v1/reviews/claim", "team", content=b"x=1").status_code == 403


def test_claimed_items_come_the_gravest_first(app: FastAPI, desk: Desk) -> None:
    for severity in (2, 6, 4, 6, 2, 4):
        record(desk, decision(severity=severity))
    items = ask(app, "POST", "/v1/reviews/claim", json={"n": 6}).json()["items"]
    priorities = [item["priority"] for item in items]
    assert (len(items), priorities) == (6, sorted(priorities, reverse=True))


def test_the_median_age_is_that_of_the_item_in_the_middle(app: FastAPI, desk: Desk) -> None:
    for hours in (1, 2, 30):
        record(desk, decision(at_us=desk.now_us() - hours * 3_600_000_000))
    stats = ask(app, "GET", "/v1/reviews/stats").json()
    assert (stats["states"]["open"], stats["oldest_age_s"], stats["median_age_s"]) == (3, 108_000.0, 7_200.0)


@pytest.mark.parametrize("order", ["priority", "newest"])
def test_pages_have_every_item_once_in_order(app: FastAPI, desk: Desk, order: str) -> None:
    ids = {record(desk, decision(severity=severity)) for severity in (0, 2, 4, 6, 6, 0, 2)}
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 3, "order": order}
    while True:
        answer = ask(app, "GET", "/v1/reviews", params=query).json()
        seen += answer["items"]
        if answer["next"] is None:
            break
        query["cursor"] = answer["next"]
    assert len(seen) == len(ids)
    assert {item["decision_id"] for item in seen} == ids
    key = "priority" if order == "priority" else "created_at"
    assert [item[key] for item in seen] == sorted((item[key] for item in seen), reverse=True)


@pytest.mark.parametrize(
    "query", [{"state": "decided"}, {"category": "spam"}, {"surface": "x"}, {"action": "demote"}, {"tenant": "t9"}]
)
def test_a_filter_leaves_out_what_does_not_fit(app: FastAPI, desk: Desk, query: dict[str, str]) -> None:
    record(desk)
    assert ask(app, "GET", "/v1/reviews", params=query).json()["items"] == []


@pytest.fixture
def of_t1(desk: Desk, app: FastAPI) -> tuple[str, str, str]:
    """A decision of tenant t1 in the hands of its reviewer: its id, the lease, and an appeal."""
    decision_id = record(desk)
    appeal = ask(app, "POST", "/v1/appeals", "t1", json={"decision_id": decision_id}).json()["appeal_id"]
    (item,) = ask(app, "POST", "/v1/reviews/claim", "t1", json={}).json()["items"]
    return decision_id, item["lease"], appeal


def crossings(decision_id: str, lease: str, appeal: str) -> list[tuple[str, str, dict[str, Any] | None]]:
    review = f"/v1/reviews/{decision_id}"
    return [
        ("GET", review, None),
        ("GET", f"{review}/images/0", None),
        ("POST", f"{review}/renew", {"lease": lease}),
        ("POST", f"{review}/release", {"lease": lease}),
        ("POST", f"{review}/decide", {"lease": lease, "verdict": "overturn"}),
        ("POST", f"{review}/escalate", {"lease": lease, "reason": "r"}),
        ("POST", f"{review}/relabel", {"labels": {"hate": "no"}}),
        ("POST", "/v1/appeals", {"decision_id": decision_id}),
        ("GET", f"/v1/appeals/{appeal}", None),
        ("POST", f"/v1/appeals/{appeal}/decide", {"outcome": "overturned", "message": "m"}),
        ("POST", "/v1/labels/golden", {"decision_id": decision_id, "labels": {"hate": "no"}}),
        ("DELETE", f"/v1/labels/golden/{decision_id}", None),
    ]


def test_another_tenant_finds_nothing_whatever_it_knows(app: FastAPI, of_t1: tuple[str, str, str]) -> None:
    for method, path, body in crossings(*of_t1):
        assert ask(app, method, path, "t2", json=body).status_code == 404, (method, path)
    for path in ("/v1/reviews", "/v1/reviews?tenant=t1", "/v1/appeals", "/v1/labels"):
        assert ask(app, "GET", path, "t2").json()["items"] == []
    assert ask(app, "POST", "/v1/reviews/claim", "t2", json={"n": 50, "tenant": "t1"}).json() == {"items": []}
    assert set(ask(app, "GET", "/v1/reviews/stats", "t2").json()["states"].values()) == {0}


def test_of_reviews_a_key_that_only_decides_has_opening_and_reading_an_appeal(
    app: FastAPI, of_t1: tuple[str, str, str]
) -> None:
    for method, path, body in crossings(*of_t1):
        if (method, path) != ("POST", "/v1/appeals") and not (method == "GET" and path.startswith("/v1/appeals/")):
            assert ask(app, method, path, "team", json=body).status_code == 403, (method, path)


def test_a_kept_image_is_a_file_and_never_a_page(desk: Desk) -> None:
    desk = replace(desk, keeping=Keeping(ContentKept.ALL))
    app = build_management(TestGate(), routers(desk))
    decision_id = record(desk)
    found = ask(app, "GET", f"/v1/reviews/{decision_id}/images/0")
    assert (found.content, found.headers["content-disposition"]) == (b"GIF89a", "attachment")
    assert ask(app, "GET", f"/v1/reviews/{decision_id}/images/1").status_code == 404


HOSTILE = [
    ("GET", "/v1/reviews?limit=0", None),
    ("GET", "/v1/reviews?limit=99999999999999999999999999", None),
    ("GET", "/v1/reviews?cursor=%00", None),
    ("GET", "/v1/reviews?cursor=WzEsMl0", None),
    ("GET", "/v1/reviews?surface=%00", None),
    ("GET", "/v1/reviews?surface=%FF%ED%A0%80%00", None),
    ("GET", "/v1/reviews?nobody=1", None),
    ("GET", "/v1/reviews/..%2F..%2Fetc", None),
    ("GET", "/v1/reviews/%00", None),
    ("GET", f"/v1/reviews/{uuid.UUID(int=0)}/images/99999999999999999999", None),
    ("GET", "/v1/reviews/agreement?since_us=99999999999999999999999", None),
    ("GET", "/v1/labels?since_us=-1", None),
    ("POST", "/v1/reviews/claim", b'{"n": 1e400}'),
    ("POST", "/v1/reviews/claim", b'{"n": 9223372036854775808}'),
    ("POST", "/v1/reviews/claim", b'{"n": true}'),
    ("POST", "/v1/reviews/claim", b'{"surface": "\\u0000"}'),
    ("POST", "/v1/reviews/claim", b'{"surface": "\\ud800"}'),
    ("POST", "/v1/reviews/claim", b'{"\\ud800": 1}'),
    ("POST", "/v1/reviews/claim", b'{"reviewer": "a/b"}'),
    ("POST", "/v1/reviews/claim", b'{"category": "sexual\\u0000"}'),
    ("POST", "/v1/reviews/claim", b"[" * 3_000),
    ("POST", "/v1/reviews/claim", b"\xff\xfe"),
    ("POST", "/v1/reviews/claim", b"NaN"),
    ("POST", "/v1/appeals", b'{"decision_id": "%s", "statement": "\\u0000"}' % str(uuid.UUID(int=0)).encode()),
    ("POST", "/v1/appeals", b'{"decision_id": "%s", "statement": "\\ud800"}' % str(uuid.UUID(int=0)).encode()),
    ("POST", "/v1/appeals", b'{"decision_id": "%s", "author_id": "\\ud800"}' % str(uuid.UUID(int=0)).encode()),
    ("POST", "/v1/appeals", b'{"decision_id": "x"}'),
    ("POST", "/v1/labels/golden", b'{"decision_id": "%s"}' % str(uuid.UUID(int=0)).encode()),
    (
        "POST",
        "/v1/labels/golden",
        b'{"decision_id": "%s", "labels": {"\\ud800": "yes"}}' % str(uuid.UUID(int=0)).encode(),
    ),
    (
        "POST",
        "/v1/labels/golden",
        b'{"decision_id": "%s", "labels": {"hate": "unsure"}}' % str(uuid.UUID(int=0)).encode(),
    ),
]


@pytest.mark.parametrize(("method", "path", "body"), HOSTILE)
def test_hostile_input_is_refused_with_a_typed_error(app: FastAPI, method: str, path: str, body: bytes | None) -> None:
    answer = ask(app, method, path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 404), answer.text
    if answer.status_code == 400:
        ErrorEnvelope.model_validate_json(answer.content)


def document(app: FastAPI) -> dict[str, Any]:
    """What the service makes of these routes."""
    managed = get_openapi(title="Weir", version="0", routes=app.routes)
    empty = {"openapi": "3.1.0", "info": managed["info"], "paths": {}, "components": {"schemas": {}}}
    return with_managed(empty, managed)


@pytest.fixture
def schema(app: FastAPI, desk: Desk) -> schemathesis.BaseSchema:
    for action in (Action.HOLD, Action.DEMOTE):
        record(desk, decision(action, {Category.HATE: 0.95}))
    found = schemathesis.openapi.from_dict(document(app))
    found.app = app
    return found


CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
OPERATIONS = [
    ("GET", "/v1/reviews"),
    ("GET", "/v1/reviews/stats"),
    ("GET", "/v1/reviews/agreement"),
    ("GET", "/v1/reviews/{decision_id}"),
    ("GET", "/v1/reviews/{decision_id}/images/{position}"),
    ("POST", "/v1/reviews/claim"),
    ("POST", "/v1/reviews/{decision_id}/renew"),
    ("POST", "/v1/reviews/{decision_id}/release"),
    ("POST", "/v1/reviews/{decision_id}/decide"),
    ("POST", "/v1/reviews/{decision_id}/relabel"),
    ("POST", "/v1/reviews/{decision_id}/escalate"),
    ("GET", "/v1/appeals"),
    ("POST", "/v1/appeals"),
    ("GET", "/v1/appeals/{appeal_id}"),
    ("POST", "/v1/appeals/{appeal_id}/decide"),
    ("GET", "/v1/labels"),
    ("POST", "/v1/labels/golden"),
    ("DELETE", "/v1/labels/golden/{decision_id}"),
]


def test_every_route_is_among_those_that_are_tried(app: FastAPI) -> None:
    found = {(method.upper(), path) for path, methods in document(app)["paths"].items() for method in methods}
    assert found == set(OPERATIONS)


BOTH = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
TRIED = [
    (method, path, mode)
    for method, path in OPERATIONS
    for mode in (BOTH[:1] if path == "/v1/reviews/stats" else BOTH)  # a request without parameters cannot be wrong
]


@pytest.mark.parametrize(("method", "path", "mode"), TRIED)
def test_no_generated_request_meets_an_undocumented_answer(
    schema: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    strategy = schema[path][method].as_strategy(generation_mode=mode)

    @given(case=strategy)
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    def every_answer_is_documented(case: schemathesis.Case) -> None:
        response = case.call()
        assert response.status_code < 500
        case.validate_response(response, checks=CHECKS)

    every_answer_is_documented()
