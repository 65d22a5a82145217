"""Errors of pictures. Messages name the shape and the legal range, never anything a decoder read in the file."""

from typing import ClassVar

from models.contracts.failures import FailureCode


class ImageError(Exception):
    """A picture that nothing can look at; it is never scored as if it were blank."""

    code: ClassVar[FailureCode] = FailureCode.INVALID_IMAGE


class InvalidImageError(ImageError):
    """Truncated, broken, or not what its format says."""


class ImageTooLargeError(ImageError):
    """More bytes, pixels or work than the limits allow."""

    code = FailureCode.IMAGE_TOO_LARGE


class UnsupportedImageFormatError(ImageError):
    """Not one of the formats that are read."""

    code = FailureCode.UNSUPPORTED_IMAGE_FORMAT
