"""What a server says of itself while it works: JSON lines, one a request, and nothing that was posted."""

import json
from collections.abc import Callable

import httpx
import pytest

from tests.e2e.conftest import Server

pytestmark = pytest.mark.e2e
CANARY = "zanzibarmarker"


def test_workers_log_json_lines_without_content_and_a_line_a_request(start: Callable[..., Server]) -> None:
    server = start(WEIR_ACCESS_LOG="true", WEIR_LOG_FORMAT="json", WORKERS="1")
    headers = {"x-request-id": "order-66", "authorization": f"Bearer {CANARY}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        assert client.post(f"/v1/moderations?key={CANARY}", json={"input": CANARY}).status_code == 200
        assert client.post("/v1/moderations", content=f'{{"input": "{CANARY}'.encode()).status_code == 415
        assert client.get(f"/{CANARY}?{CANARY}={CANARY}").status_code == 404
        assert client.post("/score", json={"texts": [CANARY, {CANARY: 1}]}).status_code == 400
    assert server.stop() == 0
    printed = server.printed()
    assert CANARY not in printed
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    requests = [
        line for line in lines if line["logger"] == "bentoml.weir.requests" and line["request_id"] == "order-66"
    ]
    assert [(line["method"], line["route"], line["status"]) for line in requests] == [
        ("POST", "/v1/moderations", 200),
        ("POST", "/v1/moderations", 415),
        ("GET", "(unknown)", 404),
    ]


def test_a_repeated_text_is_answered_from_the_cache_with_the_same_scores_and_a_decision_of_its_own(
    start: Callable[..., Server],
) -> None:
    server = start(WORKERS="1")
    with httpx.Client(base_url=server.url, timeout=60) as client:
        first, second = (client.post("/v1/moderations", json={"input": "you utter fool"}).json() for _ in range(2))
        page = client.get("/metrics").text
    assert first["results"] == second["results"]
    assert first["id"] != second["id"]
    assert 'weir_cache_lookups_total{outcome="hit"} 1.0' in page
    assert 'weir_items_total{outcome="decided"} 2.0' in page
