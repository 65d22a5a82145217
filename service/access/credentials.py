"""Credentials: where a request brings its key."""

from typing import Final
from urllib.parse import unquote_to_bytes

from service.access.gate import Headers

_BEARER: Final = b"bearer "
_PARAMETER: Final = b"key="


def find_token(headers: Headers, query: bytes) -> bytes | None:
    """The one token of a request; None when it brings none, or several that differ.

    Args:
        headers: `Authorization: Bearer` or `x-api-key`.
        query: whose parameter `key` counts as well, where the route takes one; otherwise empty.

    """
    found: set[bytes] = set()
    for name, value in headers:
        if name == b"authorization":
            found.add(value[len(_BEARER) :].strip() if value[: len(_BEARER)].lower() == _BEARER else b"")
        elif name == b"x-api-key":
            found.add(value.strip())
    if query:
        found |= {
            unquote_to_bytes(pair[len(_PARAMETER) :]) for pair in query.split(b"&") if pair.startswith(_PARAMETER)
        }
    return found.pop() if len(found) == 1 else None
