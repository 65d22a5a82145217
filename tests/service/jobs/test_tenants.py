"""Jobs and webhooks of one tenant are nothing to another."""

from typing import Any

import httpx
import pytest

from service.access.gate import Admission, Headers
from service.access.principal import Principal, Scope
from service.engine import Engine
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.http.management import build_management
from service.jobs.opening import build_jobs_router
from service.webhooks.opening import build_webhooks_router, webhook_store
from tests.service.conftest import Ask, asker
from tests.service.jobs.conftest import JOBS, jsonl, results, run

WEBHOOKS = "/v1/webhooks"
HOOK = {"url": "https://example.org/hook", "events": ["decision.made"]}


class TenantGate:
    """Believes the header `x-tenant`."""

    is_local_only = False

    def admit(self, scope: Scope | None, headers: Headers, query: bytes) -> Admission:
        return Admission(self.identify(headers))

    def identify(self, headers: Headers) -> Principal:
        tenant = dict(headers).get(b"x-tenant")
        return Principal(None, tenant.decode() if tenant else None, frozenset(Scope))


@pytest.fixture(scope="module")
def speak(job_engine: Engine) -> Ask:
    app, gate = ProductApp(), TenantGate()
    app.api = build_api(job_engine, gate)
    routers = [build_jobs_router(job_engine, webhook_store(job_engine).has), build_webhooks_router(job_engine)]
    app.management = build_management(gate, routers)
    return asker("asgi", app)


def of(tenant: str) -> dict[str, Any]:
    return {"headers": {"x-tenant": tenant}}


def test_another_tenant_s_job_is_not_there(speak: Ask) -> None:
    job_id = speak("POST", JOBS, json={}, **of("a")).json()["job_id"]
    asked = [
        ("GET", ""),
        ("POST", "/start"),
        ("POST", "/cancel"),
        ("GET", "/results"),
        ("PUT", "/input"),
        ("DELETE", ""),
    ]
    answers = [speak(method, f"{JOBS}/{job_id}{end}", **of("b")) for method, end in asked]
    assert {answer.status_code for answer in answers} == {404}
    assert job_id not in [job["job_id"] for job in speak("GET", JOBS, **of("b")).json()["jobs"]]
    assert speak("GET", f"{JOBS}/{job_id}", **of("a")).json()["tenant"] == "a"


def test_another_tenant_s_webhook_is_not_there(speak: Ask) -> None:
    path = f"{WEBHOOKS}/{speak('POST', WEBHOOKS, json=HOOK, **of('a')).json()['webhook_id']}"
    asked: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"enabled": False}),
        ("POST", "/secret", {}),
        ("GET", "/deliveries", None),
        ("POST", "/replay", None),
        ("DELETE", "", None),
    ]
    answers: list[httpx.Response] = [speak(how, path + end, json=body, **of("b")) for how, end, body in asked]
    assert {answer.status_code for answer in answers} == {404}
    assert speak("GET", WEBHOOKS, **of("b")).json()["webhooks"] == []
    assert speak("GET", path, **of("a")).json()["tenant"] == "a"


def test_nobody_makes_anything_for_another_tenant(speak: Ask) -> None:
    hook = speak("POST", WEBHOOKS, json=HOOK | {"tenant": "b"}, **of("a"))
    job = speak("POST", JOBS, json={"context": {"tenant": "b"}}, **of("a"))
    assert [answer.json()["error"]["code"] for answer in (hook, job)] == ["tenant_mismatch"] * 2
    theirs = speak("POST", WEBHOOKS, json=HOOK, **of("b")).json()["webhook_id"]
    told = speak("POST", JOBS, json={"webhook_id": theirs}, **of("a"))
    assert (told.status_code, told.json()["error"]["code"]) == (400, "unknown_webhook")


def test_an_item_that_names_another_tenant_fails_alone(speak: Ask, job_engine: Engine) -> None:
    job_id = speak("POST", JOBS, json={}, **of("a")).json()["job_id"]
    content = jsonl([{"text": "mine"}, {"text": "theirs", "context": {"tenant": "b"}}])
    speak("PUT", f"{JOBS}/{job_id}/input", content=content, **of("a"))
    speak("POST", f"{JOBS}/{job_id}/start", **of("a"))
    run(job_engine, speak, job_id)
    mine, theirs = results(speak, job_id)
    assert (mine["outcome"], theirs["code"]) == ("decided", "tenant_mismatch")


def test_the_keys_of_two_tenants_have_nothing_to_do_with_each_other(speak: Ask) -> None:
    def post(tenant: str) -> httpx.Response:
        headers = {"x-tenant": tenant, "idempotency-key": "the-same"}
        return speak("POST", "/v1/decisions", json={"items": [{"text": "you"}]}, headers=headers)

    first, other, again = post("a"), post("b"), post("a")
    assert "idempotent-replayed" not in other.headers
    assert again.content == first.content != other.content
