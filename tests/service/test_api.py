"""The API: routes, probes, request ids, and answers that hold together. In process and through a socket."""

import json

import pytest

from service.access.gate import Admission
from service.access.principal import OPEN
from service.engine import Engine
from service.http.api import Admitted, build_api
from service.http.asgi import ProductApp
from service.wire.schemas import DecisionsResponse, ModerationsResponse
from tests.service.conftest import PATHS, Ask
from tests.service.hashing import HashingScorer

GETS = [path for path in PATHS if not path.startswith("/v1")]


def test_moderations_answer_in_the_published_shape(ask: Ask) -> None:
    response = ask("POST", "/v1/moderations", json={"input": ["you idiot", "lovely people"]})
    answer = ModerationsResponse.model_validate_json(response.content)
    assert (response.status_code, len(answer.results), answer.model) == (200, 2, "hashing-1.0.0")
    assert [result.flagged for result in answer.results] == [True, False]


def test_decisions_answer_item_by_item(ask: Ask) -> None:
    items = [{"id": "a", "text": "you idiot"}, {"id": "b"}, {"text": "lovely"}, {"images": [{"url": "https://x/y"}]}]
    response = ask("POST", "/v1/decisions", json={"items": items})
    results = DecisionsResponse.model_validate_json(response.content).results
    assert response.status_code == 200
    assert [(result.outcome, result.content_id) for result in results] == [
        ("decided", "a"),
        ("failed", "b"),
        ("decided", None),
        ("failed", None),
    ]


def test_decisions_without_any_decision_are_422_in_the_same_shape(ask: Ask) -> None:
    response = ask("POST", "/v1/decisions", json={"items": [{"text": " "}, {"text": "\u200b"}]})
    assert response.status_code == 422
    assert [result.outcome for result in DecisionsResponse.model_validate_json(response.content).results] == [
        "failed"
    ] * 2


def test_a_text_too_long_fails_alone_and_says_the_limit(ask: Ask) -> None:
    response = ask("POST", "/v1/decisions", json={"items": [{"text": "a" * 2_001}, {"text": "you"}]})
    failed = response.json()["results"][0]
    assert (response.status_code, failed["code"]) == (200, "text_too_long")
    assert "2000" in failed["message"]


def test_both_endpoints_give_the_same_scores(ask: Ask) -> None:
    text = "never listen to people"
    moderation = ask("POST", "/v1/moderations", json={"input": text}).json()["results"][0]
    decision = ask("POST", "/v1/decisions", json={"items": [{"text": text}]}).json()["results"][0]
    scored = {score["category"]: score["prob"] for score in decision["scores"] if score["status"] == "scored"}
    assert scored == {name: moderation["category_scores"][name] for name in scored}
    assert list(scored.values()) == HashingScorer().score(text)


def test_a_decision_names_its_policy_and_bundle(ask: Ask, engine: Engine) -> None:
    decision = ask("POST", "/v1/decisions", json={"items": [{"text": "you"}]}).json()["results"][0]
    assert decision["policy"] == {"name": "default", "version": engine.judges.active.moderator.policy.version}
    assert decision["bundles"] == [{"name": "hashing", "version": "1.0.0", "digest": "0" * 64}]


@pytest.mark.parametrize("path", GETS)
def test_pages_and_probes_answer(ask: Ask, path: str) -> None:
    assert ask("GET", path).status_code == 200


@pytest.mark.parametrize("path", GETS)
def test_head_has_the_headers_of_get_and_no_body(product: ProductApp, ask: Ask, path: str) -> None:
    head, get = ask("HEAD", path), ask("GET", path)
    assert (head.status_code, head.headers["content-type"]) == (200, get.headers["content-type"])


def test_options_tell_what_is_allowed(ask: Ask) -> None:
    for path, allow in (("/v1/decisions", "POST, OPTIONS"), ("/readyz", "GET, HEAD, OPTIONS")):
        response = ask("OPTIONS", path)
        assert (response.status_code, response.headers["allow"], response.content) == (204, allow, b"")


@pytest.mark.parametrize("path", ["/v1", "/v1/moderation", "/v1/moderations/", "/../etc/passwd", "/%00"])
def test_an_unknown_path_is_404(ask: Ask, path: str) -> None:
    response = ask("GET", path)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_a_query_does_not_change_the_route(ask: Ask) -> None:
    assert ask("GET", "/livez?verbose=1").status_code == 200


def test_a_safe_request_id_is_echoed(ask: Ask) -> None:
    assert ask("GET", "/livez", headers={"x-request-id": "abc-1.2:3_4"}).headers["x-request-id"] == "abc-1.2:3_4"


@pytest.mark.parametrize("value", ["", "a b", "a" * 129, "é", "a\tb"])
def test_an_unsafe_request_id_is_replaced(ask: Ask, value: str) -> None:
    answered = ask("GET", "/livez", headers={"x-request-id": value.encode()}).headers["x-request-id"]
    assert len(answered) == 36


def test_errors_carry_a_request_id_too(ask: Ask) -> None:
    assert len(ask("POST", "/v1/decisions", content=b"x").headers["x-request-id"]) == 36


def test_readiness_turns_false_while_draining(ask: Ask, engine: Engine) -> None:
    engine.draining = True
    try:
        assert (ask("GET", "/readyz").status_code, ask("GET", "/livez").status_code) == (503, 200)
        assert ask("GET", "/readyz").json() == {"status": "draining"}
    finally:
        engine.draining = False
    assert ask("GET", "/readyz").json() == {"status": "ready"}


def test_the_page_loads_nothing_from_elsewhere(ask: Ask) -> None:
    page = ask("GET", "/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http://" not in page.text + ask("GET", "/assets/page.js").text
    assert "https://" not in page.text + ask("GET", "/assets/page.js").text


def test_the_page_refers_to_what_is_served(ask: Ask) -> None:
    page = ask("GET", "/").text
    for path in ("assets/page.css", "assets/page.js", "openapi.json", "metrics"):
        assert f'"{path}"' in page
        assert ask("GET", f"/{path}").status_code == 200


def test_an_endpoint_that_breaks_is_a_typed_500(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    from service.http.messages import Request, Response

    def broken(request: Request, respond: object) -> None:
        raise RuntimeError(request.body.decode())

    answered: list[Response] = []
    admitted = Admitted(broken, Admission(OPEN))
    build_api(engine).answer(admitted, Request("POST", "/", [], b"secretmarker"), answered.append)
    assert (answered[0].status, json.loads(answered[0].body)["error"]["type"]) == (500, "server_error")
    assert "secretmarker" not in caplog.text + answered[0].body.decode()


def test_before_the_engine_is_open_the_answer_is_503() -> None:
    import asyncio

    import httpx

    async def ask_closed() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(ProductApp()), base_url="http://weir") as client:
            return await client.get("/readyz")

    response = asyncio.run(ask_closed())
    assert (response.status_code, response.json()["error"]["code"], response.headers["retry-after"]) == (
        503,
        "starting",
        "1",
    )
