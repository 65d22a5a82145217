"""Orientation: a camera stores the picture as the sensor saw it, and how to hold it. Source: Exif 2.32, tag 0x0112."""

from typing import Final

from PIL import Image

_TAG: Final = 0x0112
_T = Image.Transpose
_TRANSPOSES: Final = {
    2: _T.FLIP_LEFT_RIGHT,
    3: _T.ROTATE_180,
    4: _T.FLIP_TOP_BOTTOM,
    5: _T.TRANSPOSE,
    6: _T.ROTATE_270,
    7: _T.TRANSVERSE,
    8: _T.ROTATE_90,
}
_SIDEWAYS: Final = {5, 6, 7, 8}


def read_orientation(picture: Image.Image) -> int:
    """Tell how to hold an opened picture, 1 to 8; 1, as stored, when its metadata is missing or broken."""
    try:
        orientation = picture.getexif().get(_TAG, 1)
    except Exception:  # noqa: BLE001 - a hostile Exif block raises anything; browsers show such a picture as stored
        return 1
    return orientation if isinstance(orientation, int) and orientation in _TRANSPOSES else 1


def turn_upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Turn or mirror a picture so that it is upright."""
    return picture.transpose(_TRANSPOSES[orientation]) if orientation in _TRANSPOSES else picture


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Width and height after turning."""
    return (size[1], size[0]) if orientation in _SIDEWAYS else size
