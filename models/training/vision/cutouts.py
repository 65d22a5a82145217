"""Cut-outs: objects laid on unrelated pictures, so that a label goes with the object and not with its surroundings."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.training.vision.material import VisionMaterial

MARGIN: Final = 0.08
"""How far around its box an object is cut out, as a share of the box."""
MIN_SIDE, MAX_SIDE = 0.3, 0.75
"""Longer side of a cut-out on its new picture, as a share of the canvas."""


@dataclass(frozen=True)
class Scrap:
    """Where a cut-out comes from: a picture and a rectangle in pixels; `kind` is None for something harmless."""

    row: int
    kind: int | None
    x0: int
    y0: int
    x1: int
    y1: int


def collect_scraps(material: VisionMaterial, rows: NDArray[np.int64], kinds: tuple[int, ...]) -> list[Scrap]:
    """Every labelled object of these kinds among the rows."""
    side = material.canvases.shape[-1]
    scraps = []
    for row in rows:
        for box in material.boxes[row]:
            if box.kind in kinds:
                margin_x, margin_y = MARGIN * (box.x1 - box.x0), MARGIN * (box.y1 - box.y0)
                x0, x1 = (np.clip([box.x0 - margin_x, box.x1 + margin_x], 0, 1) * side).astype(int)
                y0, y1 = (np.clip([box.y0 - margin_y, box.y1 + margin_y], 0, 1) * side).astype(int)
                if x1 - x0 >= side // 8 and y1 - y0 >= side // 8:
                    scraps.append(Scrap(int(row), box.kind, int(x0), int(y0), int(x1), int(y1)))
    return scraps


def harmless_scrap(row: int, side: int, like: Scrap) -> Scrap:
    """A rectangle from a harmless picture with the size of another scrap."""
    width, height = like.x1 - like.x0, like.y1 - like.y0
    x0, y0 = (side - width) // 2, (side - height) // 2
    return Scrap(row, None, x0, y0, x0 + width, y0 + height)


def paste(canvas: Tensor, mask: Tensor, material: VisionMaterial, scrap: Scrap, rng: np.random.Generator) -> None:
    """Lay a cut-out on a canvas and mark it, in place.

    Args:
        canvas: uint8. *Shape:* `(3, c, c)`.
        mask: *Shape:* `(K, m, m)`.
        material: where the scrap is from.
        scrap: what to lay.
        rng: draws place and size.

    """
    side = canvas.shape[-1]
    piece = torch.from_numpy(material.canvases[scrap.row, :, scrap.y0 : scrap.y1, scrap.x0 : scrap.x1])
    factor = rng.uniform(MIN_SIDE, MAX_SIDE) * side / max(piece.shape[1:])
    height, width = (max(8, min(side, round(size * factor))) for size in piece.shape[1:])
    piece = functional.interpolate(piece[None].float(), (height, width), mode="bilinear", antialias=True)[0].byte()
    y, x = int(rng.integers(0, side - height + 1)), int(rng.integers(0, side - width + 1))
    canvas[:, y : y + height, x : x + width] = piece
    if scrap.kind is not None:
        cells = mask.shape[-1] / side
        rows = slice(int(y * cells), int((y + height) * cells) + 1)
        mask[scrap.kind, rows, int(x * cells) : int((x + width) * cells) + 1] = 1
