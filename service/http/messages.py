"""HTTP messages, as the API sees them: no server, no framework."""

import re
from collections.abc import Callable
from typing import Final

import orjson

from service.access.gate import Charge, free
from service.access.principal import OPEN
from service.errors import RequestError

Header = tuple[bytes, bytes]
JSON: Final = b"application/json"
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,128}")


class Request:
    """One request with its whole body.

    Attributes:
        path: decoded, without the query.
        query: as sent, without the question mark.
        headers: names in lower case.
        is_abandoned: tells whether the client has gone; None where the server cannot tell.
        principal: who asks, once the request is admitted.
        charge: takes items from what the principal has; raises RequestError (429) when that is not enough.

    """

    __slots__ = ("body", "charge", "headers", "is_abandoned", "method", "path", "principal", "query")

    def __init__(
        self,
        method: str,
        path: str,
        headers: list[Header],
        body: bytes | bytearray,
        is_abandoned: Callable[[], bool] | None = None,
        query: bytes = b"",
    ) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.is_abandoned = is_abandoned
        self.query = query
        self.principal = OPEN
        self.charge: Charge = free


class Response:
    """One response. `headers` has everything but the content length."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: list[Header], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


Respond = Callable[[Response], None]
"""Whom to hand the response to; called exactly once, from the event loop."""


def header(headers: list[Header], name: bytes) -> bytes | None:
    """The first value of a header."""
    for key, value in headers:
        if key == name:
            return value
    return None


def request_id(headers: list[Header]) -> bytes | None:
    """The client's own request id, if it is one that is safe to repeat."""
    value = header(headers, b"x-request-id")
    return value if value is not None and _REQUEST_ID.fullmatch(value) else None


def error_response(error: RequestError, headers: list[Header] | None = None) -> Response:
    """An error in the envelope of the OpenAI API."""
    body = {"error": {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}}
    fixed: list[Header] = [(b"content-type", JSON), *(headers or ()), *error.headers]
    if error.retry_after_s is not None:
        fixed.append((b"retry-after", str(error.retry_after_s).encode()))
    return Response(error.status, fixed, orjson.dumps(body))
