"""A receiver of webhooks: a real HTTP server that keeps what it gets, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One message as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        """What it tells of."""
        found: dict[str, Any] = json.loads(self.body)["data"]
        return found

    @property
    def type(self) -> str:
        """The event."""
        found: str = json.loads(self.body)["type"]
        return found


@dataclass
class Receiver:
    """What has come, and what is answered.

    Attributes:
        statuses: of the next answers; the last one is for all that follow.

    """

    url: str
    messages: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=lambda: [200])

    def answer(self, message: Received) -> int:
        """Keep a message; the status to answer with."""
        self.messages.append(message)
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def open_receiver() -> Iterator[Receiver]:
    """A receiver on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(receiver.answer(Received({k.lower(): v for k, v in self.headers.items()}, body)))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
