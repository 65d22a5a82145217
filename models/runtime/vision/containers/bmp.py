"""BMP: read as it is, but for run-length encoding, which the decoder unpacks in slow steps."""

from typing import Final

from models.runtime.vision.containers.container import Still
from models.runtime.vision.errors import ImageTooLargeError, InvalidImageError

MAX_RLE_PIXELS: Final = 4_000_000
"""Pillow unpacks runs in Python: about 80 ns a pixel in the worst case."""

_OLD_HEADER = 12
_RLE = {1, 2}


def survey_bmp(data: bytes) -> Still:
    """Outline a BMP file.

    Raises:
        InvalidImageError: the header is cut.
        ImageTooLargeError: run-length encoded, and larger than that is read.

    """
    header = data[14:34]
    if len(header) < 20:  # noqa: PLR2004 - up to the kind of compression
        raise InvalidImageError("the BMP ends inside its header")
    if int.from_bytes(header[:4], "little") == _OLD_HEADER:
        return Still(data)
    width, height = (abs(int.from_bytes(header[at : at + 4], "little", signed=True)) for at in (4, 8))
    if int.from_bytes(header[16:20], "little") in _RLE and width * height > MAX_RLE_PIXELS:
        raise ImageTooLargeError(
            f"the run-length encoded BMP is {width} by {height} pixels; at most {MAX_RLE_PIXELS} in all are read"
        )
    return Still(data)
