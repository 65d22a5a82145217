"""Flattening: a decoded picture of any mode becomes small opaque RGB pictures.

Translucent pictures are laid on white, as most pages show them, and also on black when that shows something else: white
letters on nothing are invisible on white, black ones on black, and on grey a third colour would hide. Colour profiles
are ignored. Grey of 16 bits is scaled by its full range, as the format says; whole numbers of 32 bits and
floats have no full range and are scaled by their own.

The work goes in bands of rows, so that no second copy of a large picture is made.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.runtime.vision.errors import UnsupportedImageFormatError

WHITE: Final = (255, 255, 255, 255)
BLACK: Final = (0, 0, 0, 255)
MAX_UNSEEN_LEVELS: Final = 8
"""Difference of a channel, of 255, that nobody sees."""
MIN_SEEN_SHARE: Final = 0.001
"""Share of the picture that must differ between white and black: less is anti-aliased corners."""

_BAND_PIXELS: Final = 1_000_000
_DEEP_GREY: Final = {"I;16", "I;16L", "I;16B", "I;16N"}
_NO_FULL_RANGE: Final = {"I", "F"}
_READ_MODES: Final = {
    *_DEEP_GREY,
    *_NO_FULL_RANGE,
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"),
}


def flatten(picture: Image.Image, max_side: int) -> list[Image.Image]:
    """Flatten a loaded picture.

    Args:
        picture: of any mode.
        max_side: longer side of the result; a larger picture is averaged down.

    Returns:
        RGB pictures of one size, one or two of them: on white, and on black where that differs.

    Raises:
        UnsupportedImageFormatError: a colour space that is not read.

    """
    if picture.mode not in _READ_MODES:
        raise UnsupportedImageFormatError(f"the colour mode {picture.mode} is not read")
    _drop_impossible_transparency(picture)
    looks = [_shrink(picture, max_side, WHITE)]
    if picture.has_transparency_data:
        on_black = _shrink(picture, max_side, BLACK)
        if _differ(looks[0], on_black):
            looks.append(on_black)
    return looks


def _drop_impossible_transparency(picture: Image.Image) -> None:
    """A transparent colour of 16 bits cannot be told once the picture has 8 a channel."""
    if "transparency" not in picture.info:
        return
    level = picture.info["transparency"]
    levels = level if isinstance(level, tuple) else (level,)
    is_colour = picture.mode in {"1", "L", "RGB"}
    if not (is_colour or picture.mode == "P") or (is_colour and any(isinstance(x, int) and x > 255 for x in levels)):  # noqa: PLR2004
        del picture.info["transparency"]


def _shrink(picture: Image.Image, max_side: int, background: tuple[int, int, int, int]) -> Image.Image:
    """Lay a picture on a background, band by band, and average it down to at most `max_side`."""
    width, height = picture.size
    factor = max(1, max(width, height) // max_side)
    shrunk = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top, band in _bands(picture, factor):
        shrunk.paste(_opaque(band, background).reduce(factor), (0, top // factor))
    if max(shrunk.size) > max_side:
        scale = max_side / max(shrunk.size)
        size = max(1, round(shrunk.width * scale)), max(1, round(shrunk.height * scale))
        shrunk = shrunk.resize(size, Image.Resampling.BILINEAR)
    return shrunk


def _bands(picture: Image.Image, factor: int) -> Iterator[tuple[int, Image.Image]]:
    """Cut a picture into bands of rows, in 8 bits a channel; all but the last have a multiple of `factor` rows."""
    n_rows = factor * max(1, _BAND_PIXELS // (picture.width * factor))
    extrema = picture.getextrema() if picture.mode in _NO_FULL_RANGE else None
    for top in range(0, picture.height, n_rows):
        band = picture.crop((0, top, picture.width, min(picture.height, top + n_rows)))
        if picture.mode in _DEEP_GREY:
            band = Image.fromarray((np.asarray(band) >> 8).astype(np.uint8))
        elif extrema is not None:
            band = _scaled(band, extrema)
        yield top, band


def _scaled(band: Image.Image, extrema: object) -> Image.Image:
    low, high = np.nan_to_num(np.asarray(extrema, dtype=np.float64))
    levels = np.nan_to_num(np.asarray(band, dtype=np.float64))
    scaled = (levels - low) * (255 / (high - low if high > low else 1.0))
    return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))


def _opaque(band: Image.Image, background: tuple[int, int, int, int]) -> Image.Image:
    if not band.has_transparency_data:
        return band.convert("RGB")
    below = Image.new("RGBA", band.size, background)
    return Image.alpha_composite(below, band.convert("RGBA")).convert("RGB")


def _differ(one: Image.Image, other: Image.Image) -> bool:
    a: NDArray[np.int16] = np.asarray(one, dtype=np.int16)
    b: NDArray[np.int16] = np.asarray(other, dtype=np.int16)
    return bool((np.abs(a - b).max(axis=2) > MAX_UNSEEN_LEVELS).mean() > MIN_SEEN_SHARE)
