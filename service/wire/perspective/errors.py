"""Errors in the envelope of Google's APIs: `{"error": {"code", "message", "status", "details"}}`.

What is wrong with a comment carries the original's `errorType`; every other error carries Weir's own code as the
`reason` of an `ErrorInfo`, in capitals.

Source: the documentation of the Perspective API, "Limits and errors"; google.rpc.Code and google.rpc.ErrorInfo.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from service.errors import RequestError

_STATUS: Final[Mapping[int, str]] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    411: "INVALID_ARGUMENT",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
STATUSES: Final = tuple(dict.fromkeys((*_STATUS.values(), "UNKNOWN")))
"""Every `status` of the envelope."""
_ERROR: Final = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_INFO: Final = "type.googleapis.com/google.rpc.ErrorInfo"


class ErrorType(StrEnum):
    """What is wrong with a request, as the original says it."""

    COMMENT_EMPTY = "COMMENT_EMPTY"
    COMMENT_TOO_LONG = "COMMENT_TOO_LONG"
    NO_REQUESTED_ATTRIBUTES = "NO_REQUESTED_ATTRIBUTES"
    LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE = "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    LANGUAGE_DETECTION_FAILED = "LANGUAGE_DETECTION_FAILED"
    INVALID_REQUEST = "INVALID_REQUEST"


class CommentError(RequestError):
    """A comment that cannot be analyzed, or a request that asks for what there is not: 400.

    Attributes:
        error_type: the original's word for it.
        more: further fields of the detail.

    """

    def __init__(self, error_type: ErrorType, message: str, more: Mapping[str, object] | None = None) -> None:
        super().__init__(400, error_type.value.lower(), message)
        self.error_type = error_type
        self.more = more or {}


def bad_request(message: str) -> CommentError:
    """A request of the wrong shape."""
    return CommentError(ErrorType.INVALID_REQUEST, message)


def google_envelope(error: RequestError) -> dict[str, object]:
    """The body of an error."""
    if isinstance(error, CommentError):
        detail: dict[str, object] = {"@type": _ERROR, "errorType": error.error_type.value, **error.more}
    else:
        detail = {"@type": _INFO, "reason": error.code.upper(), "domain": "weir"}
    status = _STATUS.get(error.status, "UNKNOWN")
    return {"error": {"code": error.status, "message": error.message, "status": status, "details": [detail]}}
