"""A web server of one answer on the loopback, which stands for whatever is outside."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network

from service.fetching.rules import FetchRules

LOOPBACK = FetchRules(
    schemes=frozenset({"http"}),
    ports=None,
    networks=(ip_network("127.0.0.0/8"),),
    connect_timeout_s=2.0,
    total_timeout_s=2.0,
)


class Outside:
    """What was asked, and where to ask."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[bytes] = []

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def outside(*answers: bytes | Sequence[bytes], pause_s: float = 0.0) -> Iterator[Outside]:
    """Answer one connection after the other with these bytes, in pieces with pauses where there are several."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)
    seen = Outside(listener.getsockname()[1])
    closing = threading.Event()

    def serve() -> None:
        for answer in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                asked = b""
                while b"\r\n\r\n" not in asked and (piece := connection.recv(65536)):
                    asked += piece
                head, _, body = asked.partition(b"\r\n\r\n")
                length = next((int(h[15:]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:")), 0)
                while len(body) < length and (piece := connection.recv(65536)):
                    body += piece
                seen.asked.append(head + b"\r\n\r\n" + body)
                try:
                    for piece in [answer] if isinstance(answer, bytes) else answer:
                        connection.sendall(piece)
                        if closing.wait(pause_s):
                            break
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        closing.set()
        listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept
        listener.close()
        thread.join(10)


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer."""
    fields = {"content-length": str(len(body)), "content-type": "image/png"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value != "-")
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body
