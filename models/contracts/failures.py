"""Failures: the typed ways in which an item gets no decision. None of them ever means "allow"."""

from enum import StrEnum
from typing import Literal

from models.contracts.base import Value
from models.contracts.content import ContentId


class FailureCode(StrEnum):
    """Why an item got no decision."""

    EMPTY_CONTENT = "empty_content"
    """Nothing to score: no text and no image, or a text of nothing but blanks and invisible characters."""
    TEXT_TOO_LONG = "text_too_long"
    """More characters than the service accepts; nothing is cut silently."""
    INVALID_TEXT = "invalid_text"
    """The text is not valid Unicode (a lone surrogate)."""
    INVALID_IMAGE = "invalid_image"
    """The image cannot be read: it is truncated, broken or not what its format says."""
    IMAGE_TOO_LARGE = "image_too_large"
    """More bytes or more pixels than the service accepts; nothing is shrunk before it is decoded."""
    UNSUPPORTED_IMAGE_FORMAT = "unsupported_image_format"
    """Not one of the image formats that the service reads."""
    TOO_MANY_IMAGES = "too_many_images"
    """More images than one item may have."""
    REMOTE_IMAGES_OFF = "remote_images_off"
    """The image is an address on the network; the service fetches nothing."""
    REMOTE_IMAGE_REFUSED = "remote_image_refused"
    """The address of the image, or where it leads, is not one that the service asks."""
    REMOTE_IMAGE_FAILED = "remote_image_failed"
    """The address of the image was asked, and no image came."""
    UNSUPPORTED_MODALITY = "unsupported_modality"
    """No loaded model can look at this kind of input."""
    OVERLOADED = "overloaded"
    """The queue is full; try again later."""
    DEADLINE_EXCEEDED = "deadline_exceeded"
    """The item waited longer than the service's deadline."""
    RECORDS_UNAVAILABLE = "records_unavailable"
    """The decision could not be recorded in time, so it does not count; try again later."""
    UNSCORABLE = "unscorable"
    """The model gave a score that is not a number."""
    INTERNAL = "internal"
    """The server failed; the item was not scored."""


class ItemFailure(Value):
    """One item's failure. `message` names the shape and the legal range, never the content."""

    outcome: Literal["failed"] = "failed"
    content_id: ContentId | None = None
    code: FailureCode
    message: str
