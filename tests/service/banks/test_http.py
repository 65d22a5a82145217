"""The bank routes: every answer is typed, nothing works without the token, and content comes back nowhere."""

import base64
import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from service.banks.admission import AdminToken
from service.banks.openapi import bank_paths
from service.banks.reloading import Banks, open_banks
from service.banks.schemas import BANK_REQUESTS, BANK_RESPONSES
from service.banks.signing import ContentSigner
from service.banks.store import BankStore
from service.http.banks import BankApi
from service.http.messages import Response, header
from tests.service.banks.conftest import bits, digest, png

TOKEN = SecretStr("a-long-token")
AUTHORISED = [(b"authorization", b"Bearer a-long-token")]

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def worker(store: BankStore, database: Engine) -> Banks:
    return open_banks(database)


@pytest.fixture
def api(worker: Banks, database: Engine) -> BankApi:
    return BankApi(database, worker, ContentSigner(), AdminToken(TOKEN))


@pytest.fixture
def ask(api: BankApi) -> Ask:
    def ask(method: str, path: str, body: object = None, query: str = "") -> tuple[int, Any]:
        sent = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        response = api(method, f"/v1/banks{path}", query, AUTHORISED, sent)
        return response.status, read(response)

    return ask


def read(response: Response) -> Any:
    is_json = header(response.headers, b"content-type") == b"application/json"
    return json.loads(response.body) if is_json else response.body


def data_url(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize("headers", [[], [(b"authorization", b"Bearer wrong")], [(b"authorization", b"a-long-token")]])
def test_without_the_token_nothing_is_told(api: BankApi, headers: list[tuple[bytes, bytes]]) -> None:
    response = api("GET", "/v1/banks", "", headers, b"")
    assert (response.status, read(response)["error"]["code"]) == (401, "unauthorized")
    assert header(response.headers, b"www-authenticate") == b"Bearer"


def test_a_deployment_without_a_token_is_closed_and_says_what_opens_it(worker: Banks, database: Engine) -> None:
    closed = BankApi(database, worker, ContentSigner(), AdminToken(None))
    response = closed("GET", "/v1/banks", "", AUTHORISED, b"")
    assert response.status == 403
    assert "WEIR_ADMIN_TOKEN" in read(response)["error"]["message"]


def test_a_bank_is_made_read_changed_and_deleted(ask: Ask) -> None:
    made = ask("POST", "", {"name": "memes", "category": "harmful-meme", "action": "blur"})
    assert (made[0], made[1]["n_items"]) == (201, 0)
    assert ask("PATCH", "/memes", {"enabled": False})[1]["enabled"] is False
    assert ask("GET", "/memes")[1]["category"] == "harmful-meme"
    assert [bank["name"] for bank in ask("GET", "")[1]["banks"]] == ["bad", "fine", "memes"]
    assert ask("DELETE", "/memes") == (200, {"n_items": 0})
    assert ask("GET", "/memes")[0] == 404


@pytest.mark.parametrize(
    "content",
    [
        {"text": "Send one coin and get two coins back, only today"},
        {"image": {"url": data_url(png(1))}},
        {"pdq": bits(1).hex()},
        {"sha256": digest("a").hex().upper()},
        {"sha256": digest("a").hex(), "pdq": bits(1).hex()},
    ],
)
def test_an_item_is_added_once(ask: Ask, content: dict[str, Any]) -> None:
    status, first = ask("POST", "/bad/items", {**content, "note": "case 7", "labels": ["x"]})
    assert (status, first["is_new"], first["item"]["note"]) == (201, True, "case 7")
    status, again = ask("POST", "/bad/items", content)
    assert (status, again["is_new"], again["item"]) == (200, False, first["item"])


def test_an_added_picture_is_found_by_a_look_up(ask: Ask, worker: Banks) -> None:
    added = ask("POST", "/bad/items", {"image": {"url": data_url(png(1))}})[1]["item"]
    worker.poll()
    found = ask("POST", "/match", {"images": [{"url": data_url(png(2))}, {"url": data_url(png(1, side=400))}]})[1]
    [match] = found["matches"]
    assert (match["bank"], match["item_id"], match["kind"], match["input"]) == ("bad", added["id"], "pdq", "images[1]")
    assert found["verdicts"][0]["action"] == "remove"
    assert ask("GET", f"/bad/items/{added['id']}")[1]["n_matches"] == 0


def test_items_are_paged(ask: Ask) -> None:
    for seed in range(5):
        ask("POST", "/bad/items", {"pdq": bits(seed).hex()})
    first = ask("GET", "/bad/items", query="limit=3")[1]
    rest = ask("GET", "/bad/items", query=f"limit=3&after={first['next_after']}")[1]
    assert [len(first["items"]), len(rest["items"]), rest["next_after"]] == [3, 2, None]


def test_an_item_is_changed_and_deleted(ask: Ask) -> None:
    item = ask("POST", "/bad/items", {"pdq": bits(1).hex()})[1]["item"]["id"]
    assert ask("PATCH", f"/bad/items/{item}", {"enabled": False})[1]["enabled"] is False
    assert ask("PATCH", f"/bad/items/{item}", {"quarantined": True})[0] == 400
    assert ask("DELETE", f"/bad/items/{item}") == (204, b"")
    assert ask("DELETE", f"/bad/items/{item}")[1]["error"]["code"] == "unknown_item"


def test_lists_go_in_and_out(ask: Ask) -> None:
    content = f"pdq,{bits(1).hex()}\nphoto_md5,abc\n"
    report = ask("POST", "/bad/import", {"format": "csv", "content": content})[1]
    assert (report["n_added"], report["n_skipped"], report["skipped"][0]["line"]) == (1, 1, 2)
    assert ask("GET", "/bad/export", query="format=txt") == (200, f"pdq {bits(1).hex()}\n".encode())


def test_a_long_export_says_how_to_go_on(api: BankApi, ask: Ask) -> None:
    for seed in range(3):
        ask("POST", "/bad/items", {"pdq": bits(seed).hex()})
    response = api("GET", "/v1/banks/bad/export", "format=txt&limit=2", AUTHORISED, b"")
    after = header(response.headers, b"weir-next-after")
    assert after is not None
    last = api("GET", "/v1/banks/bad/export", f"format=txt&after={after.decode()}", AUTHORISED, b"")
    assert header(last.headers, b"weir-next-after") is None
    assert response.body.count(b"\n") + last.body.count(b"\n") == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "", b"{", 400, "invalid_json"),
        ("POST", "", b"[]", 400, "invalid_type"),
        ("POST", "", {"name": "x", "secretmarker": 1}, 400, "unknown_field"),
        ("POST", "", {"name": "x", "category": "secretmarker", "action": "remove"}, 400, "invalid_value"),
        ("POST", "", {}, 400, "missing_field"),
        ("POST", "", {"name": "bad", "category": "fire", "action": "blur"}, 409, "bank_exists"),
        ("POST", "", {"name": "x", "polarity": "negative", "thresholds": {"pdq": 99}}, 400, "invalid_value"),
        ("POST", "", {"name": "x", "polarity": "negative", "thresholds": {"secretmarker": 1}}, 400, "invalid_value"),
        ("POST", "", {"name": "x", "polarity": "negative", "description": "\0"}, 400, "invalid_value"),
        ("POST", "", {"name": "x", "polarity": "negative", "enabled": 1}, 400, "invalid_value"),
        ("POST", "/bad/items", {}, 400, "invalid_value"),
        ("POST", "/bad/items", {"text": "a", "pdq": bits(1).hex()}, 400, "invalid_value"),
        ("POST", "/bad/items", {"text": "\u200b"}, 400, "empty_content"),
        ("POST", "/bad/items", b'{"text": "\\ud800"}', 400, "invalid_value"),
        ("POST", "/bad/items", {"pdq": "0" * 64}, 400, "unusable_signature"),
        ("POST", "/bad/items", {"pdq": "secretmarker"}, 400, "invalid_value"),
        ("POST", "/bad/items", {"image": {"url": "https://example.org/secretmarker"}}, 400, "remote_images_off"),
        ("POST", "/bad/items", {"image": {"url": "data:image/png;base64,%%%"}}, 400, "invalid_image"),
        ("POST", "/bad/items", {"image": {"url": data_url(b"secretmarker")}}, 400, "unsupported_image_format"),
        ("POST", "/bad/items", {"image": {"url": "data:,x", "secretmarker": 1}}, 400, "unknown_field"),
        ("POST", "/nothing/items", {"sha256": digest("a").hex()}, 404, "unknown_bank"),
        ("GET", "/bad/items/99", None, 404, "unknown_item"),
        ("GET", "/bad/items/x", None, 404, "not_found"),
        ("GET", "/bad/items/99999999999999999999", None, 404, "not_found"),
        ("GET", "/bad/secretmarker", None, 404, "not_found"),
        ("PUT", "/bad", None, 405, "method_not_allowed"),
        ("POST", "/bad/import", {"format": "xml", "content": ""}, 400, "invalid_value"),
        ("POST", "/bad/import", {"format": "csv", "content": "x" * 1_000_001}, 400, "invalid_list"),
        ("POST", "/match", {}, 400, "invalid_value"),
        ("PATCH", "/fine", {"action": "remove"}, 400, "invalid_value"),
    ],
)
def test_what_is_wrong_is_said_without_quoting_it(
    ask: Ask, method: str, path: str, body: object, status: int, code: str
) -> None:
    answer = ask(method, path, body)
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)
    assert "secretmarker" not in json.dumps(answer[1])


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/bad/items", "limit=0"),
        ("/bad/items", "limit=1001"),
        ("/bad/items", "after=-1"),
        ("/bad/items", "after=1&after=2"),
        ("/bad/items", "secretmarker=1"),
        ("/bad/items", "quarantined=no"),
        ("/bad/items", "&&"),
        ("/bad/export", "format=xml"),
        ("", "limit=1"),
    ],
)
def test_a_query_is_held_to_what_is_legal(ask: Ask, path: str, query: str) -> None:
    status, answer = ask("GET", path, query=query)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    assert "secretmarker" not in json.dumps(answer)


def test_options_lists_the_methods(api: BankApi) -> None:
    response = api("OPTIONS", "/v1/banks/bad/items", "", AUTHORISED, b"")
    assert (response.status, response.headers) == (204, [(b"allow", b"GET, POST, OPTIONS")])


def test_a_database_that_is_gone_is_a_typed_answer(ask: Ask, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE banks RENAME TO away"))
    assert ask("GET", "")[1]["error"]["code"] == "banks_unavailable"


def test_a_change_wakes_the_worker_that_made_it(ask: Ask, worker: Banks) -> None:
    assert not worker._poller._wake.is_set()
    ask("GET", "")
    assert not worker._poller._wake.is_set()
    ask("POST", "/bad/items", {"pdq": bits(1).hex()})
    assert worker._poller._wake.is_set()


def test_every_route_is_described_and_every_description_is_a_route(api: BankApi) -> None:
    described = {
        path: {method.upper() for method in methods if method != "parameters"} for path, methods in bank_paths().items()
    }
    served = {
        "/v1/banks" + "".join(f"/{ {'name': '{name}', 'id': '{id}'}.get(part, part) }" for part in shape if part): set(
            handlers
        )
        for shape, handlers in api._routes().items()
    }
    assert described == served


def test_the_description_names_only_types_that_exist() -> None:
    named = {part.split('"')[0] for part in json.dumps(bank_paths()).split("#/components/schemas/")[1:]}
    known = {model.__name__ for model in (*BANK_REQUESTS, *BANK_RESPONSES)}
    assert named <= known | {"ErrorEnvelope"}
