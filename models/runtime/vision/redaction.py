"""Redaction: parts of a picture, or all of it, made unrecognisable for good.

A blur alone can be undone, since it mixes neighbours in a known way. Here a part is first averaged to at most 8 blocks
along its longer side, which forgets everything smaller than a block, and then blurred so that it does not look like
a chessboard. The result depends on nothing but the blocks' means.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from models.contracts.evidence import Box

N_BLOCKS: Final = 8
"""Along the longer side. A face of 8 by 8 pixels is not recognised, and a line of letters becomes a few blocks."""
MIN_BLOCK_PIXELS: Final = 4
"""So that a part of few pixels is averaged too."""
JPEG_QUALITY: Final = 85

_WHOLE: Final = Box(x0=0.0, y0=0.0, x1=1.0, y1=1.0)

Frame = NDArray[np.uint8]


def blur_boxes(frame: Frame, boxes: Sequence[Box]) -> Frame:
    """Make the boxes of a picture unrecognisable.

    Args:
        frame: *Shape:* `(h, w, 3)`; it is not changed.
        boxes: fractions of the picture; each grows to whole pixels.

    Returns:
        *Shape:* `(h, w, 3)`; pixels outside all boxes are as they were.

    """
    blurred = frame.copy()
    for box in boxes:
        rows, columns = _pixels(box, frame.shape[0], frame.shape[1])
        blurred[rows, columns] = _obliterate(blurred[rows, columns])
    return blurred


def blur_all(frame: Frame) -> Frame:
    """Make a whole picture unrecognisable. *Shape:* `(h, w, 3)`, kept."""
    return blur_boxes(frame, [_WHOLE])


def encode_jpeg(frame: Frame) -> bytes:
    """Write a picture as JPEG, with nothing but pixels: no Exif, no place, no thumbnail of what was blurred.

    Args:
        frame: *Shape:* `(h, w, 3)`.

    """
    out = BytesIO()
    Image.fromarray(frame).save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def _pixels(box: Box, height: int, width: int) -> tuple[slice, slice]:
    """Whole pixels that cover the box, at least one each way."""
    return _covered(box.y0, box.y1, height), _covered(box.x0, box.x1, width)


def _covered(start: float, end: float, n_pixels: int) -> slice:
    first = min(int(np.floor(start * n_pixels)), n_pixels - 1)
    return slice(first, max(first + 1, min(n_pixels, int(np.ceil(end * n_pixels)))))


def _obliterate(part: Frame) -> Frame:
    height, width = part.shape[:2]
    block = max(MIN_BLOCK_PIXELS, -(-max(height, width) // N_BLOCKS))
    blocks = Image.fromarray(np.ascontiguousarray(part)).reduce(block)
    squares = blocks.resize((blocks.width * block, blocks.height * block), Image.Resampling.NEAREST)
    return np.asarray(squares.crop((0, 0, width, height)).filter(ImageFilter.GaussianBlur(block / 2)))
