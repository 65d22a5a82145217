"""Whether a JPEG's pixels end before its end mark.

When pixels run out, libjpeg fills the rest with mid grey and goes on, and Pillow does not tell. A file cut in half with
an end mark put behind it would pass as a picture that is grey below. Mid grey in the last corner is also what an honest
grey picture has, so that a file with such a corner is decoded once more without its end mark: then libjpeg waits for
more pixels instead of filling, and the corner stays unset unless the file holds it. (A progressive file gets finer with
every scan; one that lost its last scans is only coarser, and every viewer shows it so.)
"""

from io import BytesIO
from typing import Final

from PIL import Image

_FILLER_LEVELS: Final = {127, 128}
"""Mid grey, and mid grey inverted as CMYK is."""
_END_MARK_BYTES: Final = 2
_PADDING: Final = bytes(16)
"""In place of the end mark: libjpeg reads up to 8 bytes ahead, and this is too short to hold more than a few blocks."""


def ends_in_filler(data: bytes, picture: Image.Image) -> bool:
    """Tell whether the last pixels are libjpeg's and not the file's.

    Args:
        data: a JPEG file, up to and with its end mark.
        picture: the same, decoded.

    """
    if "progression" in picture.info or not _has_filler_corner(picture):
        return False
    with Image.open(BytesIO(data[:-_END_MARK_BYTES] + _PADDING), formats=("JPEG",)) as again:
        again.draft(None, picture.size)
        try:
            again.load()
        except OSError:
            again.tile = []  # there is nothing more to read: what was decoded so far is the picture
        return not _has_filler_corner(again)


def _has_filler_corner(picture: Image.Image) -> bool:
    corner = picture.getpixel((picture.width - 1, picture.height - 1))
    levels = corner if isinstance(corner, tuple) else (corner,)
    return all(level in _FILLER_LEVELS for level in levels)
