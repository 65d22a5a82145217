"""Bad input: each a typed 4xx in one envelope, never a 5xx, and the next request is served.

Every case goes through the ASGI application and through a real socket with the protocol's shortcut.
"""

import json

import pytest

from service.wire.schemas import ErrorEnvelope
from tests.service.conftest import Ask

JSON = {"content-type": "application/json"}
DEEP = "[" * 50_000 + "]" * 50_000
DEEP_INPUT = '{"input": ' + "[" * 900 + "]" * 900 + "}"

MODERATIONS = {
    "no body": (b"", 400, "invalid_json"),
    "not JSON": (b"{", 400, "invalid_json"),
    "two documents": (b"{}{}", 400, "invalid_json"),
    "not an object": (b"[]", 400, "invalid_type"),
    "broken UTF-8": (b'{"input": "\xff"}', 400, "invalid_utf8"),
    "UTF-16": ('{"input": "a"}'.encode("utf-16"), 400, "invalid_utf8"),
    "NaN": (b'{"input": NaN}', 400, "invalid_json"),
    "NaN beside a surrogate": (b'{"input": ["\\ud800", NaN]}', 400, "invalid_json"),
    "infinite": (b'{"input": 1e999}', 400, "invalid_json"),
    "deep": (DEEP.encode(), 400, "invalid_json"),
    "deep inside": (DEEP_INPUT.encode(), 400, "invalid_type"),
    "deep beside a surrogate": (('["\\ud800",' + DEEP[1:]).encode(), 400, "invalid_json"),
    "unknown field": (b'{"input": "a", "modle": "b"}', 400, "unknown_parameter"),
    "no input": (b'{"model": "weir-latest"}', 400, "missing_required_parameter"),
    "null input": (b'{"input": null}', 400, "invalid_type"),
    "number": (b'{"input": 3}', 400, "invalid_type"),
    "object": (b'{"input": {"type": "text", "text": "a"}}', 400, "invalid_type"),
    "mixed list": (b'{"input": ["a", 3]}', 400, "invalid_type"),
    "unknown model": (b'{"input": "a", "model": "gpt-4o"}', 404, "model_not_found"),
    "empty model": (b'{"input": "a", "model": ""}', 404, "model_not_found"),
    "null model": (b'{"input": "a", "model": null}', 400, "invalid_type"),
    "model a number": (b'{"input": "a", "model": 3}', 400, "invalid_type"),
    "long model": (json.dumps({"input": "a", "model": "m" * 300}).encode(), 400, "invalid_type"),
    "empty list": (b'{"input": []}', 400, "empty_array"),
    "10,000 items": (json.dumps({"input": ["a"] * 10_000}).encode(), 400, "array_above_max_length"),
    "empty": (b'{"input": ""}', 400, "empty_content"),
    "blank": (b'{"input": " \\n\\t\\u00a0"}', 400, "empty_content"),
    "control characters": (b'{"input": "\\u0000\\u0007\\u001b"}', 400, "empty_content"),
    "zero width": (b'{"input": "\\u200b\\u200d\\ufeff"}', 400, "empty_content"),
    "one of several blank": (b'{"input": ["a", " "]}', 400, "empty_content"),
    "lone surrogate": (b'{"input": "\\ud800"}', 400, "invalid_text"),
    "lone surrogate in a list": (b'{"input": ["a", "\\udfff b"]}', 400, "invalid_text"),
    "lone surrogate as a field": (b'{"input": "a", "\\ud800": 1}', 400, "unknown_parameter"),
    "too long": (json.dumps({"input": "a" * 2_001}).encode(), 400, "text_too_long"),
    "image": (b'{"input": [{"type": "image_url", "image_url": {"url": "h"}}]}', 400, "unsupported_modality"),
    "image without url": (b'{"input": [{"type": "image_url", "image_url": {}}]}', 400, "invalid_type"),
    "image as text": (b'{"input": [{"type": "image_url", "image_url": "https://x"}]}', 400, "invalid_type"),
    "unknown part": (b'{"input": [{"type": "audio"}]}', 400, "invalid_value"),
    "part without type": (b'{"input": [{"text": "a"}]}', 400, "invalid_value"),
    "part type a list": (b'{"input": [{"type": []}]}', 400, "invalid_value"),
    "part without text": (b'{"input": [{"type": "text"}]}', 400, "invalid_type"),
    "part with more": (b'{"input": [{"type": "text", "text": "a", "x": 1}]}', 400, "unknown_field"),
    "part after text": (b'{"input": [{"type": "text", "text": "a"}, "b"]}', 400, "invalid_type"),
    "1 MB text": (json.dumps({"input": "a" * 1_000_000}).encode(), 413, "body_too_large"),
}  # fmt: skip

DECISIONS = {
    "no items": (b"{}", 400, "missing_field"),
    "items an object": (b'{"items": {}}', 400, "invalid_type"),
    "empty": (b'{"items": []}', 400, "invalid_length"),
    "10,000 items": (json.dumps({"items": [{"text": "a"}] * 10_000}).encode(), 400, "invalid_length"),
    "item a string": (b'{"items": ["a"]}', 400, "invalid_type"),
    "unknown field": (b'{"items": [{"text": "a"}], "policy": "x"}', 400, "unknown_field"),
    "unknown field of an item": (b'{"items": [{"txt": "a"}]}', 400, "unknown_field"),
    "text a number": (b'{"items": [{"text": 3}]}', 400, "invalid_type"),
    "id a number": (b'{"items": [{"id": 3, "text": "a"}]}', 400, "invalid_value"),
    "id empty": (b'{"items": [{"id": "", "text": "a"}]}', 400, "invalid_value"),
    "id a surrogate": (b'{"items": [{"id": "\\ud800", "text": "a"}]}', 400, "invalid_value"),
    "images null": (b'{"items": [{"images": null}]}', 400, "invalid_type"),
    "image a string": (b'{"items": [{"images": ["https://x"]}]}', 400, "invalid_type"),
    "image with more": (b'{"items": [{"images": [{"url": "https://x", "alt": "a"}]}]}', 400, "unknown_field"),
}

CASES = [
    *(pytest.param("/v1/moderations", *case, id=f"moderations: {name}") for name, case in MODERATIONS.items()),
    *(pytest.param("/v1/decisions", *case, id=f"decisions: {name}") for name, case in DECISIONS.items()),
]


@pytest.mark.parametrize(("path", "body", "status", "code"), CASES)
def test_bad_input_is_a_typed_error(ask: Ask, path: str, body: bytes, status: int, code: str) -> None:
    response = ask("POST", path, content=body, headers=JSON)
    error = ErrorEnvelope.model_validate_json(response.content).error
    assert (response.status_code, error.code, error.type) == (status, code, "invalid_request_error")


def test_the_next_request_is_served(ask: Ask) -> None:
    assert ask("POST", "/v1/moderations", json={"input": "you lovely people"}).status_code == 200


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_another_content_type_is_415(ask: Ask, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    response = ask("POST", "/v1/decisions", content=b"{}", headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (415, "unsupported_media_type")


def test_a_compressed_body_is_415(ask: Ask) -> None:
    assert ask("POST", "/v1/decisions", content=b"x", headers=JSON | {"content-encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_spelled_in_any_legal_way(ask: Ask, content_type: str) -> None:
    body = b'{"input": "you"}'
    assert ask("POST", "/v1/moderations", content=body, headers={"content-type": content_type}).status_code == 200


@pytest.mark.parametrize(
    ("method", "allow"), [("GET", "POST, OPTIONS"), ("PUT", "POST, OPTIONS"), ("DELETE", "POST, OPTIONS")]
)
def test_another_method_is_405_with_allow(ask: Ask, method: str, allow: str) -> None:
    response = ask(method, "/v1/moderations")
    assert (response.status_code, response.headers["allow"]) == (405, allow)
    assert response.json()["error"]["code"] == "method_not_allowed"


def test_param_says_which_input_was_meant(ask: Ask) -> None:
    response = ask("POST", "/v1/moderations", json={"input": ["a", "b", ""]})
    assert response.json()["error"]["param"] == "input[2]"


def test_errors_never_quote_the_content(ask: Ask) -> None:
    marker = "secretmarker"
    bodies = [
        {"input": [marker, 3]},
        {"input": marker * 500},
        {marker: 1, "input": "a"},
        {"input": [{"type": marker}]},
        {"input": "a", "model": [marker]},
        {"input": "a", "model": marker},
    ]
    for body in bodies:
        response = ask("POST", "/v1/moderations", json=body)
        assert response.status_code in (400, 404)
        assert marker not in response.text
