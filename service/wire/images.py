"""Images on the wire: data URLs with base64 content, decoded strictly.

Nothing is fetched here: an address on the network is checked for its form alone, where the deployment fetches any, and
otherwise refused. The declared type only has to be an image's: what the bytes really are, the decoder finds out.

Source: RFC 2397 (data URLs), RFC 4648 section 4 (base64 with padding, no other characters).
"""

import binascii
import re
from typing import Final

from models.contracts import FailureCode
from service.fetching.errors import FetchRefusedError
from service.fetching.images import RemoteImage
from service.fetching.target import read_target
from service.wire.limits import ImageLimits

_SCHEME: Final = "data:"
MAX_HEAD_CHARS: Final = 256
"""Longest part of a data URL before its comma; a longer one is not looked through."""
_WORD: Final = r"[A-Za-z0-9!#$&^_.+-]+"
_HEAD: Final = re.compile(rf"({_WORD})/{_WORD}(?:;{_WORD}=(?:{_WORD}|\"[^\"]*\"))*;base64", re.IGNORECASE)


def read_image_url(url: str, limits: ImageLimits) -> bytes | RemoteImage | FailureCode:
    """The bytes of an image, or where they are to be fetched, or why there are none."""
    if limits.fetching is None or url[: len(_SCHEME)].lower() == _SCHEME:
        return read_data_url(url, limits)
    try:
        read_target(url, limits.fetching)
    except FetchRefusedError:
        return FailureCode.REMOTE_IMAGE_REFUSED
    return RemoteImage(url, limits.max_bytes)


def read_data_url(url: str, limits: ImageLimits) -> bytes | FailureCode:
    """The bytes of an image, or why there are none. Holds one copy of the text and one of the bytes at most."""
    if url[: len(_SCHEME)].lower() != _SCHEME:
        return FailureCode.REMOTE_IMAGES_OFF
    comma = url.find(",", 0, MAX_HEAD_CHARS)
    head = _HEAD.fullmatch(url, len(_SCHEME), comma) if comma >= 0 else None
    if head is None:
        return FailureCode.INVALID_IMAGE
    if head[1].lower() != "image":
        return FailureCode.UNSUPPORTED_IMAGE_FORMAT
    if (len(url) - comma) * 3 // 4 > limits.max_bytes + 3:
        return FailureCode.IMAGE_TOO_LARGE
    return _decode(url[comma + 1 :], limits.max_bytes)


def _decode(encoded: str, max_bytes: int) -> bytes | FailureCode:
    if encoded.endswith("==="):  # which the strict mode of Python 3.11 lets pass
        return FailureCode.INVALID_IMAGE
    try:
        data = binascii.a2b_base64(encoded, strict_mode=True)
    except (binascii.Error, ValueError):
        return FailureCode.INVALID_IMAGE
    if len(data) > max_bytes:
        return FailureCode.IMAGE_TOO_LARGE
    return data or FailureCode.INVALID_IMAGE


def jpeg_url(data: bytes) -> str:
    """A JPEG as a data URL."""
    return f"data:image/jpeg;base64,{binascii.b2a_base64(data, newline=False).decode()}"
