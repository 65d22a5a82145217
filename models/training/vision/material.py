"""Material of an image run: every picture decoded once, its labels, and where its boxes are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

CANVAS_SIDE: Final = 240
"""Pictures at hand have 240 pixels on the long side; views of 224 are cut from this square."""
MASK_SIDE: Final = CANVAS_SIDE // 8
UNKNOWN: Final = -1


@dataclass(frozen=True)
class Box:
    """A labelled rectangle: `kind` is a position in the region kinds; the rest are fractions of the picture."""

    kind: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class VisionMaterial:
    """Pictures to learn from or to be measured on.

    Attributes:
        canvases: the whole picture squashed to a square. uint8, *Shape:* `(n, 3, 240, 240)`.
        targets: 1 yes, 0 no, -1 unknown, labels then auxiliary labels. *Shape:* `(n, L)`.
        boxes: the labelled rectangles of each picture.
        kinds_known: whether every place of a kind is labelled, so that its absence is known. *Shape:* `(n, K)`.
        sources: where each picture is from. *Shape:* `(n,)`.
        names: what each picture is called in reports. *Shape:* `(n,)`.

    """

    canvases: NDArray[np.uint8]
    targets: NDArray[np.int8]
    boxes: Sequence[Sequence[Box]]
    kinds_known: NDArray[np.bool_]
    sources: NDArray[np.str_]
    names: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: NDArray[np.int64]) -> "VisionMaterial":
        """Some pictures, in the order given."""
        return VisionMaterial(
            self.canvases[rows],
            self.targets[rows],
            [self.boxes[row] for row in rows],
            self.kinds_known[rows],
            self.sources[rows],
            self.names[rows],
        )

    def pixels(self, rows: NDArray[np.int64]) -> Tensor:
        """Pictures as tensors. uint8, *Shape:* `(n, 3, 240, 240)`."""
        return torch.from_numpy(self.canvases[rows])

    def masks(self, rows: NDArray[np.int64]) -> Tensor:
        """Boxes as masks. float32, *Shape:* `(n, K, 30, 30)`."""
        return torch.from_numpy(np.stack([box_mask(self.boxes[row], self.kinds_known.shape[1]) for row in rows]))


def box_mask(boxes: Sequence[Box], n_kinds: int, side: int = MASK_SIDE) -> NDArray[np.float32]:
    """The share of every cell that lies inside a box of a kind. *Shape:* `(n_kinds, side, side)`."""
    mask = np.zeros((n_kinds, side, side), dtype=np.float32)
    edges = np.arange(side + 1) / side
    for box in boxes:
        across = np.clip(np.minimum(edges[1:], box.x1) - np.maximum(edges[:-1], box.x0), 0, None) * side
        down = np.clip(np.minimum(edges[1:], box.y1) - np.maximum(edges[:-1], box.y0), 0, None) * side
        mask[box.kind] = np.maximum(mask[box.kind], np.outer(down, across))
    return mask
