"""Rendered cards: pictures whose words are known."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont


def card(lines: Sequence[str], width: int = 320, height: int = 160, size_px: int = 26) -> NDArray[np.uint8]:
    """Dark words on light paper; a picture of 320 x 160 holds three lines of twenty characters."""
    picture = Image.new("RGB", (width, height), (250, 250, 245))
    font = ImageFont.load_default(size_px)
    for row, line in enumerate(lines):
        ImageDraw.Draw(picture).text((16, 10 + row * int(size_px * 1.8)), line, fill=(20, 20, 30), font=font)
    return np.asarray(picture)
