"""The discovery document of the Perspective format, at the address by which the client found it."""

import re
from typing import Final

import orjson

from service.errors import RequestError
from service.http.messages import JSON, Request, Respond, Response, header
from service.wire.perspective.discovery import NAME, VERSION, build_discovery

DISCOVERY: Final = frozenset({"/$discovery/rest", f"/discovery/v1/apis/{NAME}/{VERSION}/rest"})
"""Where Google's client libraries look for it."""
_HOST: Final = re.compile(rb"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_SCHEMES: Final = frozenset({b"http", b"https"})
_HEADERS: Final = ((b"content-type", JSON), (b"cache-control", b"no-store"), (b"vary", b"host, x-forwarded-proto"))


def discovery(request: Request, respond: Respond) -> None:
    """Answer with the document. It names the host of the request: who else knows how clients reach the service."""
    document = build_discovery(_root(request))
    respond(Response(200, [*_HEADERS], orjson.dumps(document)))


def _root(request: Request) -> str:
    host = header(request.headers, b"host") or b""
    if _HOST.fullmatch(host) is None:
        raise RequestError(400, "invalid_host", "the request names its host, as a name or address and perhaps a port")
    forwarded = (header(request.headers, b"x-forwarded-proto") or b"").partition(b",")[0].strip().lower()
    scheme = forwarded if forwarded in _SCHEMES else b"http"
    return f"{scheme.decode()}://{host.decode()}/"
