"""Preparation: a decoded picture as the image model sees it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

DEFAULT_SIDE: Final = 224
Frame = NDArray[np.uint8]


def square_pixels(frame: Frame, side: int = DEFAULT_SIDE) -> Frame:
    """Squash a picture to a square, so that every part of it is seen; the sides' ratio is lost.

    Bilinear over the whole area that a pixel covers, so that fine patterns are averaged and not picked at. The same
    pixels give the same result on any machine: the arithmetic is in whole numbers.

    Args:
        frame: *Shape:* `(h, w, 3)`.
        side: of the square, in pixels.

    Returns:
        *Shape:* `(side, side, 3)`.

    """
    return np.asarray(Image.fromarray(frame).resize((side, side), Image.Resampling.BILINEAR))


def brightness(frame: Frame) -> float:
    """Mean luma, from 0 (black) to 1 (white). Source: ITU-R BT.601, as Pillow turns colour into grey.

    Args:
        frame: *Shape:* `(h, w, 3)`, at least one pixel.

    """
    counts = np.array(Image.fromarray(frame).convert("L").histogram(), dtype=np.float64)
    return float(counts @ np.arange(256) / counts.sum() / 255)
