"""Reading: the pixels of a row, its crop applied."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.images.inspection import decode_rgb
from models.data.images.store import Pictures


def read_pixels(pictures: Pictures, index: int, mirror: Path, folder: Path) -> NDArray[np.uint8]:
    """Pixels of one row, RGB uint8 (height, width, 3).

    Args:
        pictures: the table.
        index: of the row.
        mirror: the folder of the mirror's pictures (`image_root`).
        folder: of the build, where rendered pictures lie.

    Raises:
        FileNotFoundError: the mirror lacks the file.

    """
    frame = decode_rgb(pictures.file(index, mirror, folder).read_bytes())
    height, width = frame.shape[:2]
    left, top, right, bottom = (float(value) for value in pictures.crops[index])
    rows = slice(round(top * height), max(round(bottom * height), 1))
    return frame[rows, round(left * width) : max(round(right * width), 1)]
