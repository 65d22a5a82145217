"""The format of a file by its first bytes: what it is called or declared to be is not looked at.

Only a file that starts as a picture is one. A polyglot that starts as HTML, SVG, PDF or an archive is refused, and one
that starts as a picture is read as that picture, without what follows it.
"""

from enum import StrEnum

from models.runtime.vision.errors import InvalidImageError, UnsupportedImageFormatError


class ImageFormat(StrEnum):
    """The formats that are read, by the names Pillow has for them."""

    JPEG = "JPEG"
    PNG = "PNG"
    GIF = "GIF"
    WEBP = "WEBP"
    BMP = "BMP"
    TIFF = "TIFF"


_PREFIXES = {
    b"\xff\xd8\xff": ImageFormat.JPEG,
    b"\x89PNG\r\n\x1a\n": ImageFormat.PNG,
    b"GIF87a": ImageFormat.GIF,
    b"GIF89a": ImageFormat.GIF,
    b"BM": ImageFormat.BMP,
    b"II*\0": ImageFormat.TIFF,
    b"MM\0*": ImageFormat.TIFF,
}
_LEGAL = ", ".join(ImageFormat)


def sniff_format(data: bytes) -> ImageFormat:
    """Tell the format of a file.

    Raises:
        InvalidImageError: the file is empty.
        UnsupportedImageFormatError: it starts as none of the formats.

    """
    if not data:
        raise InvalidImageError("the image has 0 bytes; at least 1 is needed")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ImageFormat.WEBP
    for prefix, image_format in _PREFIXES.items():
        if data.startswith(prefix):
            return image_format
    raise UnsupportedImageFormatError(f"the file does not start as one of {_LEGAL}")
