"""A running server as commands see it: requests over the standard library, and errors as one red line."""

import http.client
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any, NoReturn
from urllib.parse import urlsplit

import typer
from rich.console import Console

USER_ERROR = 2
_PIECE = 256 * 1024
_TIMEOUT_S = 300

Url = Annotated[str, typer.Option("--url", envvar="WEIR_URL", help="Where the server listens.")]
Key = Annotated[
    str | None, typer.Option("--key", envvar="WEIR_API_KEY", help="API key, where the server asks for one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LOCAL = "http://localhost:3000"


@dataclass(frozen=True)
class Remote:
    """A server, and the key that it is asked with."""

    url: str
    key: str | None

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:  # noqa: ANN401 - any JSON
        """A request with JSON; its answer as JSON, None where it has none."""
        content = None if body is None else json.dumps(body).encode()
        with self._answer(method, path, content, {"content-type": "application/json"} | headers) as answer:
            read = answer.read()
        return json.loads(read) if read else None

    def send(self, path: str, file: Path, report: Callable[[int], None]) -> Any:  # noqa: ANN401 - any JSON
        """PUT a file; `report` is told the bytes that are sent."""
        length = {"content-length": str(file.stat().st_size), "content-type": "application/octet-stream"}
        with file.open("rb") as opened, self._answer("PUT", path, _pieces(opened, report), length) as answer:
            return json.loads(answer.read())

    @contextmanager
    def lines(self, path: str) -> Iterator[Iterator[bytes]]:
        """The lines of an answer, as they come."""
        with self._answer("GET", path, None, {}) as answer:
            yield iter(answer.readline, b"")

    @contextmanager
    def _answer(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None, headers: dict[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            fail("--url is http://host:port or https://host")
        make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = make(parts.hostname, parts.port, timeout=_TIMEOUT_S)
        if self.key:
            headers = headers | {"authorization": f"Bearer {self.key}"}
        try:
            connection.request(method, parts.path.rstrip("/") + path, body, headers)
            answer = connection.getresponse()
            if answer.status >= 400:  # noqa: PLR2004
                fail(_problem(answer))
            yield answer
        except (OSError, http.client.HTTPException) as error:
            fail(f"{self.url} does not answer ({type(error).__name__}); start it with: make serve")
        finally:
            connection.close()


def fail(message: str) -> NoReturn:
    """End with one line that says what to change."""
    Console(stderr=True).print(f"weir: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(USER_ERROR)


def say(message: str) -> None:
    """One line for people, on standard error."""
    Console(stderr=True).print(message, markup=False, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Any JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def _pieces(file: IO[bytes], report: Callable[[int], None]) -> Iterator[bytes]:
    n_sent = 0
    while piece := file.read(_PIECE):
        yield piece
        n_sent += len(piece)
        report(n_sent)


def _problem(answer: http.client.HTTPResponse) -> str:
    try:
        error = json.loads(answer.read())["error"]
        hint = "; set --key or WEIR_API_KEY" if answer.status == 401 else ""  # noqa: PLR2004
        return f"{error['message']} ({error['code']}){hint}"
    except (ValueError, KeyError, TypeError):
        return f"the server answered {answer.status}; is there a weir at this address?"
