"""JPEG: marker segments up to the end of the first picture.

Kept is what decoding needs and, of the rest, the first Exif segment (orientation) and Adobe's (how CMYK is stored). A
colour profile is dropped: shapes do not need it, and it is one more parser for hostile bytes. Without the
multi-picture index of phones, only the picture that browsers show is left.
"""

import re
from typing import Final

from models.runtime.vision.containers.container import Still
from models.runtime.vision.errors import ImageTooLargeError, InvalidImageError

MAX_SEGMENTS: Final = 2048
"""A colour profile needs up to 255, extended XMP some hundred; the decoder is quadratic in the number of segments."""
MAX_SCANS: Final = 100
"""Each scan walks the whole picture, whatever it holds. Source: libtiff's LIBTIFF_JPEG_MAX_ALLOWED_SCAN_NUMBER, after
"Two Issues with the JPEG Standard" (libjpeg-turbo, LJT-01-004)."""
MAX_JUNK_BYTES: Final = 4096
"""Tolerated between two segments."""

_SOI, _EOI, _SOS, _APP0, _APP1, _APP14, _APP15, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE, 0xEF, 0xFE
_ALONE = {0x01, _SOI, *range(0xD0, 0xD8)}
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def survey_jpeg(data: bytes) -> Still:
    """Outline a JPEG file.

    Raises:
        InvalidImageError: it ends before its picture does, or is not made of segments.
        ImageTooLargeError: more segments or scans than any encoder writes.

    """
    kept = [data[:2]]
    n_scans, has_exif, end = 0, False, 2
    for _ in range(MAX_SEGMENTS):
        start, marker = _next_marker(data, end)
        if marker == _EOI:
            kept.append(data[start : start + 2])
            return Still(b"".join(kept))
        if marker in _ALONE:
            end = start + 2
            continue
        end = _segment_end(data, start)
        if marker == _SOS:
            n_scans += 1
            end = _scan_end(data, end)
        is_exif = marker == _APP1 and not has_exif and data.startswith(b"Exif\0\0", start + 4)
        has_exif |= is_exif
        if is_exif or marker in {_APP0, _APP14} or not (_APP0 <= marker <= _APP15 or marker == _COM):
            kept.append(data[start:end])
        if n_scans > MAX_SCANS:
            raise ImageTooLargeError(f"a JPEG has at most {MAX_SCANS} scans")
    raise ImageTooLargeError(f"a JPEG has at most {MAX_SEGMENTS} segments")


def _next_marker(data: bytes, pos: int) -> tuple[int, int]:
    found = _MARKER.search(data, pos, pos + MAX_JUNK_BYTES)
    if found is None:
        raise InvalidImageError("the JPEG ends before its picture does")
    return found.start(), data[found.start() + 1]


def _segment_end(data: bytes, start: int) -> int:
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    end = start + 2 + length
    if length < 2 or end > len(data):  # noqa: PLR2004 - the length counts its own two bytes
        raise InvalidImageError("a JPEG segment is longer than the file")
    return end


def _scan_end(data: bytes, pos: int) -> int:
    found = _AFTER_SCAN.search(data, pos)
    if found is None:
        raise InvalidImageError("the JPEG ends before its picture does")
    return found.start()
