"""Limits on texts: the same for every endpoint, applied before anything is queued."""

from dataclasses import dataclass

from models.contracts import FailureCode
from service.errors import FAILURE_MESSAGE
from service.wire.document import is_unicode


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may bring.

    Attributes:
        max_items: items in one request.
        max_text_chars: characters in one text.

    """

    max_items: int
    max_text_chars: int

    def text_failure(self, text: str) -> FailureCode | None:
        """Why a text cannot be scored, as far as can be told without looking at it closely."""
        if len(text) > self.max_text_chars:
            return FailureCode.TEXT_TOO_LONG
        if not text or text.isspace():
            return FailureCode.EMPTY_CONTENT
        if not text.isascii() and not is_unicode(text):
            return FailureCode.INVALID_TEXT
        return None

    def message(self, code: FailureCode) -> str:
        """The failure in words, with the legal range where there is one."""
        if code is FailureCode.TEXT_TOO_LONG:
            return f"{FAILURE_MESSAGE[code]}: at most {self.max_text_chars} characters"
        return FAILURE_MESSAGE[code]
