"""Commands that talk to a server, here one with a single answer, so that only the command is looked at."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from scripts.commands import jobs, webhooks

ID = str(uuid.UUID(int=7))
JOB = {
    "job_id": ID,
    "name": "comments of a whole year.jsonl",
    "state": "running",
    "n_items": 1_000_000,
    "n_decided": 250_000,
    "n_failed": 3,
    "items_per_s": 1234.5,
    "eta_s": 600.0,
    "created_at": "2026-11-21T16:20:00Z",
}
WEBHOOK = {
    "webhook_id": ID,
    "url": "https://hooks.example.org/a/rather/long/path/of/an/endpoint",
    "events": ["decision.made", "job.finished", "review.decided"],
    "min_action": "label",
    "tenant": None,
    "enabled": True,
}
DELIVERY = {
    "delivery_id": ID,
    "event": "decision.made",
    "state": "dead",
    "n_attempts": 10,
    "last_error": "the host did not answer in time, or it did not answer as it should",
    "last_status": None,
    "created_at": "2026-11-21T16:20:00Z",
}
Serve = Callable[[int, object], str]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts a server with one answer; its address."""
    servers: list[ThreadingHTTPServer] = []
    monkeypatch.setenv("COLUMNS", "80")

    def start(status: int, answer: object) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,)).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("app", "words", "answer"),
    [
        (jobs.app, ("list",), {"jobs": [JOB]}),
        (webhooks.app, ("list",), {"webhooks": [WEBHOOK]}),
        (webhooks.app, ("deliveries", ID), {"deliveries": [DELIVERY]}),
    ],
)
def test_ids_are_whole_at_eighty_columns(
    serve: Serve, app: typer.Typer, words: tuple[str, ...], answer: object
) -> None:
    listed = CliRunner().invoke(app, [*words, "--url", serve(200, answer)])
    assert ID in listed.stdout.split()


def test_the_state_of_a_job_is_one_line(serve: Serve) -> None:
    shown = CliRunner().invoke(jobs.app, ["status", ID, "--url", serve(200, JOB)])
    assert len(shown.stdout.splitlines()) == 1
    assert shown.stdout.startswith(f"{ID}  running  250000 decided")


def test_who_brings_no_key_is_told_how(serve: Serve) -> None:
    answer = {"error": {"message": "no API key", "code": "unauthorized"}}
    refused = CliRunner().invoke(jobs.app, ["list", "--url", serve(401, answer)])
    assert refused.exit_code == 2
    assert refused.stderr.strip().endswith("set --key or WEIR_API_KEY")


def test_a_file_of_another_kind_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "comments.csv"
    file.write_text("a,b")
    refused = CliRunner().invoke(jobs.app, ["submit", str(file), "--url", "http://127.0.0.1:9"])
    assert (refused.exit_code, "--format" in refused.stderr) == (2, True)
