"""The unmodified `google-api-python-client`, run as its users run it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openai
import pytest
from googleapiclient.errors import HttpError

from tests.e2e import openai_client, perspective_client
from tests.e2e.conftest import ROOT, Server

pytestmark = pytest.mark.e2e
SCRIPT = Path(__file__).parent / "perspective_client.py"
WEIR = "from scripts.cli import main; main()"


def test_the_unmodified_client_works_with_only_its_address_changed(server: Server) -> None:
    run = subprocess.run(
        [sys.executable, str(SCRIPT), server.url], capture_output=True, text=True, timeout=180, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "works with" in run.stdout


def make_key(folder: Path, scope: str) -> str:
    """A key in the database that the server will open."""
    run = subprocess.run(
        [sys.executable, "-c", WEIR, "key", "create", "--name", "client", "--scopes", scope, "--json"],
        cwd=ROOT,
        env={**os.environ, "WEIR_DATABASE_URL": f"sqlite:///{folder / 'weir.db'}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return str(json.loads(run.stdout)["token"])


def test_both_clients_bring_their_key_as_they_always_do(start: Callable[..., Server], tmp_path: Path) -> None:
    key = make_key(tmp_path, "score")
    server = start(WORKERS="1")
    perspective_client.run(server.url, key)
    with perspective_client.connect(server.url, "wrong") as client, pytest.raises(HttpError) as refused:
        perspective_client.analyze(client)
    assert (refused.value.resp.status, json.loads(refused.value.content)["error"]["status"]) == (401, "UNAUTHENTICATED")
    base_url = f"{server.url}/v1"
    with openai.OpenAI(base_url=base_url, api_key=key) as right:
        openai_client.check(right.moderations.create(input="What a lovely day."), 1)
    with (
        openai.OpenAI(base_url=base_url, api_key="wrong") as wrong,
        pytest.raises(openai.AuthenticationError) as denied,
    ):
        wrong.moderations.create(input="What a lovely day.")
    assert denied.value.type == "invalid_request_error"
