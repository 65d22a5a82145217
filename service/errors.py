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

    """

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param

    @property
    def kind(self) -> str:
        """The `type` of the envelope."""
        if self.status == 429:  # noqa: PLR2004
            return "rate_limit_error"
        return "invalid_request_error" if self.status < 500 else "server_error"  # noqa: PLR2004

    @property
    def retry_after_s(self) -> int | None:
        """Seconds after which it makes sense to try again, for those failures that pass."""
        return RETRY_AFTER_S if self.status in (429, 503) else None


def invalid(code: str, message: str, param: str | None = None) -> RequestError:
    """A malformed request: 400."""
    return RequestError(400, code, message, param)


FAILURE_STATUS: Final[dict[FailureCode, int]] = {
    FailureCode.EMPTY_CONTENT: 400,
    FailureCode.TEXT_TOO_LONG: 400,
    FailureCode.INVALID_TEXT: 400,
    FailureCode.UNSUPPORTED_MODALITY: 400,
    FailureCode.OVERLOADED: 429,
    FailureCode.DEADLINE_EXCEEDED: 503,
    FailureCode.UNSCORABLE: 500,
    FailureCode.INTERNAL: 500,
}
"""The status when one failure stands for the whole request."""

FAILURE_MESSAGE: Final[dict[FailureCode, str]] = {
    FailureCode.EMPTY_CONTENT: "nothing to score: the text is empty or has only blanks and invisible characters",
    FailureCode.TEXT_TOO_LONG: "the text is longer than the service accepts",
    FailureCode.INVALID_TEXT: "the text is not valid Unicode: it has a lone surrogate",
    FailureCode.UNSUPPORTED_MODALITY: "images cannot be scored yet: no loaded model looks at images",
    FailureCode.OVERLOADED: "the queue is full; try again later",
    FailureCode.DEADLINE_EXCEEDED: "the item waited longer than the service's deadline; try again later",
    FailureCode.UNSCORABLE: "the model gave a score that is not a number",
    FailureCode.INTERNAL: "the server failed; the item was not scored",
}
"""What a person reads. Says nothing about the content."""


def failure_error(code: FailureCode, param: str | None = None, detail: str | None = None) -> RequestError:
    """An item's failure where the wire format has room for one error only."""
    return RequestError(FAILURE_STATUS[code], code.value, detail or FAILURE_MESSAGE[code], param)


def overloaded() -> RequestError:
    """The queue is full: 429."""
    return failure_error(FailureCode.OVERLOADED)


def records_unavailable() -> RequestError:
    """Decisions cannot be recorded now, so none are made: 503."""
    return RequestError(503, "records_unavailable", "decisions cannot be recorded at the moment; try again later")
