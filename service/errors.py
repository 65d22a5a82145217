"""Errors of a whole request, and the one place where failures meet HTTP.

The envelope is that of the OpenAI API: `{"error": {"message", "type", "param", "code"}}`. Messages name the shape
and the legal range, never the content.

    item failures (models.contracts.FailureCode) --\
                                                    >-- status, code --> envelope
    request errors (this module) ------------------/
"""

from typing import Final

from models.contracts import FailureCode

RETRY_AFTER_S: Final = 1


class RequestError(Exception):
    """A request that gets one error instead of results.

    Attributes:
        status: the HTTP status.
        code: the machine-readable reason.
        param: the part of the request that is meant, such as `input[2]`.
        headers: of the answer, beside those of every error; names in lower case.
        failure: that of an item, where one failed item is the reason; None for requests of the wrong form.

    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        param: str | None = None,
        *,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.headers = headers
        self.failure: FailureCode | None = None
        self._retry_after_s = retry_after_s

    @property
    def kind(self) -> str:
        """The `type` of the envelope."""
        if self.status == 429:  # noqa: PLR2004
            return "rate_limit_error"
        return "invalid_request_error" if self.status < 500 else "server_error"  # noqa: PLR2004

    @property
    def retry_after_s(self) -> int | None:
        """Seconds after which it makes sense to try again, for those failures that pass."""
        return self._retry_after_s or (RETRY_AFTER_S if self.status in (429, 503) else None)


def invalid(code: str, message: str, param: str | None = None) -> RequestError:
    """A malformed request: 400."""
    return RequestError(400, code, message, param)


def unsupported_media(wanted: str) -> RequestError:
    """A body of a type that the route does not take, or of none that is named: 415."""
    message = f"the content-type is missing or not one that this route takes: send the header content-type: {wanted}"
    return RequestError(415, "unsupported_media_type", message)


FAILURE_STATUS: Final[dict[FailureCode, int]] = {
    FailureCode.EMPTY_CONTENT: 400,
    FailureCode.TEXT_TOO_LONG: 400,
    FailureCode.INVALID_TEXT: 400,
    FailureCode.INVALID_IMAGE: 400,
    FailureCode.IMAGE_TOO_LARGE: 400,
    FailureCode.UNSUPPORTED_IMAGE_FORMAT: 400,
    FailureCode.TOO_MANY_IMAGES: 400,
    FailureCode.REMOTE_IMAGES_OFF: 400,
    FailureCode.REMOTE_IMAGE_REFUSED: 400,
    FailureCode.REMOTE_IMAGE_FAILED: 400,
    FailureCode.UNSUPPORTED_MODALITY: 400,
    FailureCode.OVERLOADED: 429,
    FailureCode.DEADLINE_EXCEEDED: 503,
    FailureCode.RECORDS_UNAVAILABLE: 503,
    FailureCode.UNSCORABLE: 500,
    FailureCode.INTERNAL: 500,
}
"""The status when one failure stands for the whole request."""

FAILURE_MESSAGE: Final[dict[FailureCode, str]] = {
    FailureCode.EMPTY_CONTENT: "nothing to score: the text is empty or has only blanks and invisible characters",
    FailureCode.TEXT_TOO_LONG: "the text is longer than the service accepts",
    FailureCode.INVALID_TEXT: "the text is not valid Unicode: it has a lone surrogate",
    FailureCode.INVALID_IMAGE: "the image cannot be read: it is truncated, broken or not what it says it is",
    FailureCode.IMAGE_TOO_LARGE: "the image has more bytes or pixels than the service accepts",
    FailureCode.UNSUPPORTED_IMAGE_FORMAT: "the image is not a JPEG, PNG, GIF, WebP, BMP or TIFF",
    FailureCode.TOO_MANY_IMAGES: "the item has more images than the service accepts",
    FailureCode.REMOTE_IMAGES_OFF: "the service fetches nothing: an image comes as a data URL with base64 content",
    FailureCode.REMOTE_IMAGE_REFUSED: "the image's address, or where it leads, is not one that the service asks",
    FailureCode.REMOTE_IMAGE_FAILED: "the image's address was asked, and no image came",
    FailureCode.UNSUPPORTED_MODALITY: "no loaded model looks at this kind of input",
    FailureCode.OVERLOADED: "the queue is full; try again later",
    FailureCode.DEADLINE_EXCEEDED: "the item waited longer than the service's deadline; try again later",
    FailureCode.RECORDS_UNAVAILABLE: "the decision could not be recorded in time; try again later",
    FailureCode.UNSCORABLE: "the model gave a score that is not a number",
    FailureCode.INTERNAL: "the server failed; the item was not scored",
}
"""What a person reads. Says nothing about the content."""


def failure_error(code: FailureCode, param: str | None = None, detail: str | None = None) -> RequestError:
    """An item's failure where the wire format has room for one error only."""
    error = RequestError(FAILURE_STATUS[code], code.value, detail or FAILURE_MESSAGE[code], param)
    error.failure = code
    return error


def overloaded() -> RequestError:
    """The queue is full: 429."""
    return failure_error(FailureCode.OVERLOADED)


def records_unavailable() -> RequestError:
    """Decisions cannot be recorded now, so none are made: 503."""
    detail = "decisions cannot be recorded at the moment; try again later"
    return failure_error(FailureCode.RECORDS_UNAVAILABLE, detail=detail)
