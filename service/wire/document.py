"""Request bodies: bytes to a JSON object, or a typed error.

orjson reads the body: strict JSON, so no NaN, no Infinity, no comments, nesting up to 1,024 levels. It refuses lone
surrogates in the whole body; then the standard library reads it again, so that only the item that has
one fails and not its neighbours.
"""

import json
from contextlib import suppress
from typing import Final, NoReturn

import orjson

from service.errors import invalid

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_KINDS: Final = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def read_object(body: bytes | bytearray) -> dict[str, Json]:
    """Parse a request body.

    Raises:
        RequestError: It is not UTF-8, not JSON or not an object (400).

    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = _read_again(body)
    if type(document) is not dict:
        raise invalid("invalid_type", f"the request body is an object, not {kind(document)}")
    return document


def kind(value: object) -> str:
    """What a JSON value is, for error messages."""
    return _KINDS.get(type(value), "something else")


def is_unicode(text: str) -> bool:
    """Whether a text can be encoded: it has no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def refuse_unknown(value: dict[str, Json], legal: frozenset[str], param: str | None) -> None:
    """Refuse fields that would silently be ignored. Their names are not repeated: people paste content anywhere.

    Raises:
        RequestError: There is an unknown field (400).

    """
    if not value.keys() <= legal:
        raise invalid("unknown_field", f"there is an unknown field; legal fields: {', '.join(sorted(legal))}", param)


def _read_again(body: bytes | bytearray) -> Json:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise invalid("invalid_utf8", "the request body is not UTF-8") from None
    if "\\ud" in text.lower():
        with suppress(ValueError, RecursionError):
            document: Json = json.loads(text, parse_constant=_refuse_constant)
            return document
    raise invalid("invalid_json", "the request body is not JSON, or nested too deeply")


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError
