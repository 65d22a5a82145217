"""Traffic over HTTP: what a server answers becomes a log without content."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts.demo.posts import load_posts
from scripts.demo.sending import SendingError, Server, send
from scripts.demo.shifts import ShiftName
from scripts.demo.traffic import Item, Plan, plan_traffic

POSTS = load_posts(Path("no/such/folder"))


class Decides(BaseHTTPRequestHandler):
    """Decides on texts and fails empty ones, in the shape of `POST /v1/decisions`; the path is in every id."""

    def do_POST(self) -> None:
        items = json.loads(self.rfile.read(int(self.headers["content-length"])))["items"]
        place = self.path.partition("/v1/")[0].strip("/")
        results = [
            {"outcome": "decided", "decision_id": f"{place}-{item['context']['author']['id']}", "action": "allow"}
            if item["text"]
            else {"outcome": "failed", "code": "empty_content", "message": "no text"}
            for item in items
        ]
        body = json.dumps({"results": results}).encode()
        self.send_response(200 if any("action" in result for result in results) else 422)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Decides) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def items() -> list[Item]:
    return plan_traffic(POSTS, Plan(2, 150, ShiftName.BROKEN_UPSTREAM, 1.0))


def test_every_post_has_a_line_with_its_hour_and_what_became_of_it(url: str, tmp_path: Path) -> None:
    outcomes = send(items(), Server(url), tmp_path / "log", 0, lambda _: None)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["hour"] for line in lines] == [round(item.hour, 6) for item in items()]
    assert outcomes["empty_content"] == sum("code" in line for line in lines) > 0


def test_the_log_holds_no_content(url: str, tmp_path: Path) -> None:
    send(items(), Server(url), tmp_path / "log", 0, lambda _: None)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert {name for line in lines for name in line} == {"hour", "decision_id", "code", "surface"}


def test_posts_after_the_shift_go_to_the_other_server(url: str, tmp_path: Path) -> None:
    send(items(), Server(f"{url}/old", f"{url}/new"), tmp_path / "log", 0, lambda _: None)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert {(line["hour"] >= 24, line["decision_id"][:3]) for line in lines if "decision_id" in line} == {
        (False, "old"),
        (True, "new"),
    }


def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(SendingError, match="does not answer"):
        send(items(), Server("http://127.0.0.1:9"), tmp_path / "log", 0, lambda _: None)
