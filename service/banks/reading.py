"""Reading bank requests: bytes to values, or a typed error that does not quote the input."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from models.contracts import FailureCode
from service.banks.store import MAX_PAGE
from service.errors import invalid
from service.wire.document import read_object, refuse_unknown

M = TypeVar("M", bound=BaseModel)
_MAX_ID: Final = 2**63 - 1
_MAX_PARAMETERS: Final = 16


def read_value(model: type[M], body: bytes) -> M:
    """A request body as a value.

    Raises:
        RequestError: It is not JSON, has an unknown field, or a field has an illegal value (400).

    """
    refuse_unknown(read_object(body), frozenset(model.model_fields), None)
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        kind, place = first["type"], [part for part in first["loc"] if isinstance(part, int) or part in _names(model)]
        param = ".".join(str(part) for part in place) or None
        if kind == "extra_forbidden":
            raise invalid("unknown_field", "there is an unknown field", param) from None
        if kind == "missing":
            raise invalid("missing_field", "a field is missing", param) from None
        raise invalid("invalid_value", first["msg"].removeprefix("Value error, "), param) from None


def _names(model: type[BaseModel]) -> frozenset[str]:
    """Names that may be repeated in an error: those of the model, not those that a client made up."""
    return frozenset(model.model_fields) | {"url"}


def read_query(query: str, legal: frozenset[str]) -> Mapping[str, str]:
    """Query parameters, each at most once.

    Raises:
        RequestError: One is unknown or repeated (400).

    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise invalid("invalid_query", "the query is not name=value pairs") from None
    found = dict(pairs)
    if len(found) != len(pairs) or not found.keys() <= legal:
        raise invalid("invalid_query", f"query parameters, each at most once: {', '.join(sorted(legal)) or 'none'}")
    return found


def read_number(values: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A whole number from 0 (an id) or 1 (a limit) on.

    Raises:
        RequestError: It is none, or out of range (400).

    """
    least = min(default, 1)
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):  # noqa: PLR2004
        raise invalid("invalid_value", f"{name} is a whole number from {least} to {most}", name)
    return int(text)


def read_limit(values: Mapping[str, str], default: int = 100, most: int = MAX_PAGE) -> int:
    """How many items a page may have."""
    return read_number(values, "limit", default, most)


def read_after(values: Mapping[str, str]) -> int:
    """The id after which a page begins."""
    return read_number(values, "after", 0, _MAX_ID)


def read_id(text: str) -> int | None:
    """An item's id in a path; None for what cannot be one."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):  # noqa: PLR2004
        return None
    return int(text) if int(text) <= _MAX_ID else None


def read_data_url(url: str, param: str) -> bytes:
    """The bytes of a `data:` URL.

    Raises:
        RequestError: It is another kind of address, or not base64 (400).

    """
    head, comma, data = url.partition(",")
    if not head.lower().startswith("data:"):
        raise invalid(
            FailureCode.REMOTE_IMAGES_OFF.value, "an image is a data: URL; the service fetches nothing", param
        )
    if not comma or not head.lower().endswith(";base64"):
        raise invalid(FailureCode.INVALID_IMAGE.value, "a data: URL carries its image in base64", param)
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(FailureCode.INVALID_IMAGE.value, "a data: URL carries its image in base64", param) from None
