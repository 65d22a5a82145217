"""The unmodified `openai` client, run as its users run it."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest

from tests.e2e.conftest import ROOT, SERVE, Server, find_bundles, has_image_bundle

pytestmark = pytest.mark.e2e
SCRIPT = Path(__file__).parent / "openai_client.py"


def test_the_unmodified_client_sends_images(server: Server) -> None:
    if not has_image_bundle():
        pytest.skip("no image bundle is served")
    run = subprocess.run(
        [sys.executable, str(SCRIPT), f"{server.url}/v1", "--images"],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_unmodified_client_works_with_only_its_base_url_changed(server: Server) -> None:
    run = subprocess.run(
        [sys.executable, str(SCRIPT), f"{server.url}/v1"], capture_output=True, text=True, timeout=180, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "works with" in run.stdout


def connect(server: Server, seen: list[httpx.Response], max_retries: int) -> openai.OpenAI:
    """A client that writes down every response it gets, those it tries again after included."""
    http = openai.DefaultHttpxClient(event_hooks={"response": [seen.append]})
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=max_retries, http_client=http)


def test_the_client_comes_again_when_the_queue_is_full_and_is_served(start: Callable[..., Server]) -> None:
    server = start(WEIR_MAX_QUEUE_ITEMS="1", WEIR_CACHE_ENTRIES="0", WORKERS="1")
    seen: list[httpx.Response] = []

    def moderate(number: int) -> int:
        texts = [f"text number {index} of request {number}, long enough to take its time" for index in range(400)]
        with connect(server, seen, max_retries=60) as client:
            return len(client.moderations.create(input=texts).results)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(moderate, range(4))) == [400] * 4
    refused = [response for response in seen if response.status_code == 429]
    assert refused
    assert {response.headers["retry-after"] for response in refused} == {"1"}


def test_the_client_tries_a_missed_deadline_as_often_as_it_was_told(start: Callable[..., Server]) -> None:
    server = start(WEIR_DEADLINE_MS="1", WEIR_CACHE_ENTRIES="0", WORKERS="1")
    seen: list[httpx.Response] = []
    texts = [f"text number {index}, long enough to take more than a millisecond" for index in range(400)]
    with connect(server, seen, max_retries=2) as client, pytest.raises(openai.InternalServerError) as refused:
        client.moderations.create(input=texts)
    assert refused.value.code == "deadline_exceeded"
    assert [(response.status_code, response.headers["retry-after"]) for response in seen] == [(503, "1")] * 3


def test_a_timeout_of_the_client_is_its_own_exception(server: Server) -> None:
    texts = [f"text number {index}, long enough to take more than a millisecond" for index in range(400)]
    with connect(server, [], max_retries=0) as client, pytest.raises(openai.APITimeoutError):
        client.moderations.create(input=texts, timeout=httpx.Timeout(60, read=0.001))


def test_an_alias_pinned_to_another_version_is_an_error_at_the_start(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SERVE, "--port", "0"],
        cwd=ROOT,
        env={
            "PATH": "",
            "WEIR_BUNDLES": str(find_bundles()),
            "WEIR_DATABASE_URL": f"sqlite:///{tmp_path / 'weir.db'}",
            "WEIR_MODEL_ALIASES": '{"omni-moderation-latest": "text-minilm-0.0.9"}',
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 2
    assert "WEIR_MODEL_ALIASES pins omni-moderation-latest to text-minilm-0.0.9, which is not loaded" in run.stderr
