"""The wire format of redactions: one image in, as JSON or as its bytes, and what to blur in it."""

from typing import Final
from urllib.parse import parse_qsl

from models.contracts import FailureCode, Redaction
from service.errors import RequestError, failure_error, invalid
from service.wire.document import Json, kind, read_object, refuse_unknown
from service.wire.images import read_data_url
from service.wire.limits import ImageLimits

_FIELDS: Final = frozenset({"image", "redact"})
_IMAGE_FIELDS: Final = frozenset({"url"})
_LEGAL: Final = ", ".join(Redaction)
_BY_DEFAULT: Final = frozenset({Redaction.HARM})


def read_redaction(body: bytes | bytearray, limits: ImageLimits) -> tuple[bytes, frozenset[Redaction]]:
    """The image of a JSON request and what to blur in it.

    Raises:
        RequestError: The request is malformed, or the image is not one as far as can be told.

    """
    document = read_object(body)
    refuse_unknown(document, _FIELDS, None)
    image = document.get("image")
    url = image.get("url") if type(image) is dict else None
    if type(image) is not dict or type(url) is not str:
        code = "invalid_type" if "image" in document else "missing_field"
        raise invalid(code, "image is an object with the string field url", "image")
    refuse_unknown(image, _IMAGE_FIELDS, "image")
    redact = _choices(document["redact"]) if "redact" in document else _BY_DEFAULT
    data = read_data_url(url, limits)
    if isinstance(data, FailureCode):
        raise failure_error(data, "image.url")
    return data, redact


def read_raw_redaction(
    body: bytes | bytearray, query: bytes, limits: ImageLimits
) -> tuple[bytes, frozenset[Redaction]]:
    """The same where the body is the image itself and the query says `redact=harm,face`.

    Raises:
        RequestError: The query is not that, or the image is empty or too large.

    """
    values = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if not values.keys() <= {"redact"}:
        raise invalid("unknown_field", "the query has the field redact alone")
    redact = _choices([*values["redact"].split(",")]) if "redact" in values else _BY_DEFAULT
    if len(body) > limits.max_bytes:
        raise too_large(limits)
    if not body:
        raise failure_error(FailureCode.INVALID_IMAGE, "body")
    return bytes(body), redact


def too_large(limits: ImageLimits) -> RequestError:
    """The image has too many bytes: 400."""
    return failure_error(FailureCode.IMAGE_TOO_LARGE, "body", f"the image has at most {limits.max_bytes} bytes")


def _choices(values: Json) -> frozenset[Redaction]:
    if type(values) is not list:
        raise invalid("invalid_type", f"redact is an array of {_LEGAL}, not {kind(values)}", "redact")
    if not values or not all(type(value) is str and value in tuple(Redaction) for value in values):
        raise invalid("invalid_value", f"redact is one or more of {_LEGAL}", "redact")
    return frozenset(entry for entry in Redaction if entry.value in values)
