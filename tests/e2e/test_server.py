"""The server as it is deployed: what it refuses, what it prints, what it counts."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.conftest import Server

pytestmark = pytest.mark.e2e
MARKER = "zanzibarmarker"
JSON = {"content-type": "application/json"}

BAD = {
    "empty": b'{"input": ""}',
    "1 MB text": json.dumps({"input": MARKER * 72_000}).encode(),
    "over the body limit": json.dumps({"input": MARKER * 300_000}).encode(),
    "lone surrogate": b'{"input": "%s \\ud800"}' % MARKER.encode(),
    "control characters": b'{"input": "\\u0000\\u0001"}',
    "zero width": b'{"input": "\\u200b"}',
    "deep": b'{"input": ' + b"[" * 100_000,
    "wrong type": b'{"input": {"%s": 1}}' % MARKER.encode(),
    "unknown field": b'{"input": "a", "%s": 1}' % MARKER.encode(),
    "10,000 items": json.dumps({"input": [MARKER] * 10_000}).encode(),
    "broken UTF-8": b'{"input": "%s \xff"}' % MARKER.encode(),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_bad_input_is_a_typed_4xx_and_the_next_request_is_served(server: Server, body: bytes) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        refused = client.post("/v1/moderations", content=body, headers=JSON)
        assert 400 <= refused.status_code < 500
        assert set(refused.json()["error"]) == {"message", "type", "param", "code"}
        assert client.post("/v1/moderations", json={"input": "fine"}).status_code == 200


def test_a_wrong_content_type_is_415(server: Server) -> None:
    assert httpx.post(f"{server.url}/v1/decisions", content=b"{}").status_code == 415


def test_paths_that_are_nobody_s_are_404_in_the_same_envelope(server: Server) -> None:
    response = httpx.get(f"{server.url}/nowhere")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_bento_native_clients_have_their_own_endpoint(server: Server) -> None:
    response = httpx.post(f"{server.url}/score", json={"texts": ["you are lovely", " "]}, timeout=60)
    first, second = response.json()
    moderated = httpx.post(f"{server.url}/v1/moderations", json={"input": "you are lovely"}, timeout=60).json()
    scores = moderated["results"][0]["category_scores"]
    assert first["probs"] == {name: scores[name] for name in first["probs"]}
    assert second["code"] == "empty_content"


def test_the_native_endpoint_refuses_without_quoting(server: Server) -> None:
    response = httpx.post(f"{server.url}/score", json={"texts": [MARKER, {MARKER: 1}]}, timeout=60)
    assert (response.status_code, MARKER in response.text) == (400, False)


def test_a_long_text_is_read_to_its_end(server: Server) -> None:
    calm = "We met in the park and talked about the weather for a while. " * 60
    items = [{"text": calm}, {"text": calm + "I will find you and kill you, you worthless idiot."}]
    results = httpx.post(f"{server.url}/v1/decisions", json={"items": items}, timeout=120).json()["results"]
    scores = [{entry["category"]: entry["prob"] for entry in result["scores"]} for result in results]
    assert scores[0] != scores[1]


def test_metrics_count_what_all_workers_did(server: Server) -> None:
    def decided() -> float:
        page = httpx.get(f"{server.url}/metrics").text
        line = next(line for line in page.splitlines() if line.startswith('weir_items_total{outcome="decided"}'))
        return float(line.rsplit(" ", 1)[1])

    before = decided()
    with ThreadPoolExecutor(8) as pool:
        body = {"items": [{"text": "one"}, {"text": "two"}]}
        statuses = list(
            pool.map(lambda _: httpx.post(f"{server.url}/v1/decisions", json=body, timeout=60).status_code, range(24))
        )
    assert statuses == [200] * 24
    assert {decided() for _ in range(8)} == {before + 48}


def test_nothing_that_was_posted_is_printed(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for body in BAD.values():
            client.post("/v1/moderations", content=body, headers=JSON)
            client.post("/v1/decisions", content=body, headers=JSON)
            client.post("/score", content=body, headers=JSON)
        client.post("/v1/moderations", json={"input": f"fine {MARKER}"})
        client.post(f"/{MARKER}", json={"input": MARKER})
        client.post("/score", json={"texts": [MARKER, 3]})
    assert MARKER not in server.printed()
