"""Limits on texts: the same for every endpoint, applied before anything is queued."""

from dataclasses import dataclass

from models.contracts import FailureCode
from service.errors import FAILURE_MESSAGE
from service.fetching.rules import FetchRules
from service.wire.document import is_unicode


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What one item may bring of images, where a loaded model looks at them.

    Attributes:
        max_images: of one item.
        max_bytes: of one image file.
        fetching: where images may be fetched from; None where none are.

    """

    max_images: int
    max_bytes: int
    fetching: FetchRules | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may bring.

    Attributes:
        max_items: items in one request.
        max_text_chars: characters in one text.
        images: None when no loaded model looks at images.

    """

    max_items: int
    max_text_chars: int
    images: ImageLimits | None = None

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
        if code is FailureCode.TOO_MANY_IMAGES and self.images is not None:
            return f"{FAILURE_MESSAGE[code]}: at most {self.images.max_images}"
        if code is FailureCode.IMAGE_TOO_LARGE and self.images is not None:
            return f"{FAILURE_MESSAGE[code]}: at most {self.images.max_bytes} bytes"
        return FAILURE_MESSAGE[code]
