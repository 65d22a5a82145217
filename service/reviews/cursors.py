"""Cursors: where a page of a list ends, opaque to callers and checked when they come back."""

import base64
import binascii
from typing import Annotated, Any

import orjson
from pydantic import StringConstraints

from service.errors import invalid

Cursor = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,200}$")]


def encode(*parts: float | str) -> str:
    """A cursor that says these values."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """The values of a cursor.

    Raises:
        RequestError: It is none of these lists' (400).

    """
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        parts = None
    fits = isinstance(parts, list) and len(parts) == len(kinds)
    if not fits or any(type(part) is not kind for part, kind in zip(parts, kinds, strict=True)):
        raise invalid("invalid_value", "cursor is not one that this list gave", "cursor")
    if any(isinstance(part, str) and "\0" in part for part in parts):
        raise invalid("invalid_value", "cursor is not one that this list gave", "cursor")
    return tuple(parts)
