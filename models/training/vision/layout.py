"""Layout: a built set of pictures becomes material for training and for measuring."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.data.images.labels import PICTURE_LABELS, REGION_KINDS, REGION_OF, PictureLabel
from models.data.images.mirror import image_root
from models.data.images.reading import read_pixels
from models.data.images.store import Pictures
from models.runtime.vision.preparation import square_pixels
from models.training.vision.config import VisionConfig
from models.training.vision.material import Box, VisionMaterial

Progress = Callable[[str, int, int], None]
REPORT_EVERY: Final = 100


def lay_out(
    pictures: Pictures,
    rows: NDArray[np.int64],
    mirror: Path,
    folder: Path,
    config: VisionConfig,
    side: int,
    report: Progress,
) -> VisionMaterial:
    """Decode rows and bring their labels and boxes into the order of the model's outputs.

    Args:
        pictures: the table of a build.
        rows: which of its rows, in this order.
        mirror: the folder of the data sets.
        folder: of the build.
        config: which labels and kinds.
        side: of the canvases, in pixels.
        report: told how many pictures are decoded.

    Raises:
        FileNotFoundError: the mirror lacks a picture.

    """
    root = image_root(mirror)
    canvases = np.empty((len(rows), 3, side, side), dtype=np.uint8)
    for position, row in enumerate(rows):
        canvases[position] = square_pixels(read_pixels(pictures, int(row), root, folder), side).transpose(2, 0, 1)
        if position % REPORT_EVERY == 0 or position + 1 == len(rows):
            report("decoding", position + 1, len(rows))
    columns = [PICTURE_LABELS.index(PictureLabel(name)) for name in (*config.labels, *config.auxiliary_labels)]
    kinds = [[str(kind) for kind in REGION_KINDS].index(name) for name in config.region_kinds]
    return VisionMaterial(
        canvases=canvases,
        targets=pictures.labels[rows][:, columns],
        boxes=[boxes_of(pictures, int(row), config.region_kinds) for row in rows],
        kinds_known=pictures.regions[rows][:, kinds] >= 0,
        sources=pictures.sources[rows],
        names=pictures.ids[rows],
    )


def boxes_of(pictures: Pictures, row: int, kinds: tuple[str, ...]) -> list[Box]:
    """The boxes of a row that have a region kind."""
    found = [(REGION_OF.get(box.name), box.rect) for box in pictures.boxes[row]]
    return [Box(kinds.index(kind), *rect) for kind, rect in found if kind is not None and kind in kinds]
