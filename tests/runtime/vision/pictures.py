"""Small pictures for the tests of this folder."""

import io

import numpy as np
from PIL import Image


def corners(width: int = 60, height: int = 40) -> Image.Image:
    """Red, green, blue and black quarters: every turn and mirroring of it differs."""
    picture = Image.new("RGB", (width, height))
    picture.paste((255, 0, 0), (0, 0, width // 2, height // 2))
    picture.paste((0, 255, 0), (width // 2, 0, width, height // 2))
    picture.paste((0, 0, 255), (0, height // 2, width // 2, height))
    return picture


def encode(picture: Image.Image, image_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, image_format, **options)
    return out.getvalue()


def colours(frame: np.ndarray) -> list[str]:
    """The main channel of the four quarters' middles, in reading order; `-` for black."""
    height, width = frame.shape[:2]
    middles = [frame[y, x] for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return ["-" if one.max() < 60 else "rgb"[int(one.argmax())] for one in middles]


def solid(colour: int | tuple[int, ...], mode: str = "RGB", side: int = 20) -> Image.Image:
    return Image.new(mode, (side, side), colour)
