"""Regions: from a coarse map of logits to boxes that a page can draw and a privacy filter can blur."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts.evidence import Box, Region, RegionKind
from models.runtime.calibration import sigmoid

MAX_REGIONS: Final = 16
"""Of one kind; the surest are kept."""
MARGIN_CELLS: Final = 0.5
"""Added on every side: a cell says that its middle shows the kind, and the thing goes on from there."""


@dataclass(frozen=True, slots=True)
class _Patch:
    """A box in cells, from and up to, and its surest point."""

    top: float
    left: float
    bottom: float
    right: float
    prob: float

    def overlaps(self, other: "_Patch") -> bool:
        return (
            self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right
        )

    def joined(self, other: "_Patch") -> "_Patch":
        return _Patch(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
            max(self.prob, other.prob),
        )


def region_boxes(
    logits: NDArray[np.float32], kinds: Sequence[RegionKind], thresholds: Mapping[RegionKind, float]
) -> list[Region]:
    """Find the places that a map marks: connected cells (also over corners) become a box with a margin.

    Boxes of one kind that overlap are joined. A cell that is not a number marks nothing; whoever scores the picture
    refuses such outputs.

    Args:
        logits: *Shape:* `(n_kinds, side, side)`, rows from the top.
        kinds: what the channels show.
        thresholds: probability from which a cell is marked, by kind.

    Returns:
        At most 16 of a kind, the surest first; `prob` is that of the surest cell.

    """
    with np.errstate(invalid="ignore"):
        probs = sigmoid(logits)
    regions = [
        region
        for kind, channel in zip(kinds, probs, strict=True)
        for region in _regions_of_kind(channel, kind, thresholds[kind])
    ]
    return sorted(regions, key=lambda one: (-one.prob, one.kind, one.box.y0, one.box.x0))


def _regions_of_kind(probs: NDArray[np.float64], kind: RegionKind, threshold: float) -> list[Region]:
    side = probs.shape[0]
    patches = _joined([_patch(cells, probs) for cells in _components(probs >= threshold)])
    surest = sorted(patches, key=lambda one: -one.prob)[:MAX_REGIONS]
    return [Region(kind=kind, box=_box(patch, side), prob=patch.prob) for patch in surest]


def _components(marked: NDArray[np.bool_]) -> Iterator[list[tuple[int, int]]]:
    """Cells that touch one another. A flood fill: the map is so small that no library is worth its import."""
    waiting = {(int(row), int(column)) for row, column in np.argwhere(marked)}
    while waiting:
        cells = [waiting.pop()]
        for row, column in cells:
            around = {(row + dy, column + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & waiting
            waiting -= around
            cells.extend(around)
        yield cells


def _patch(cells: Sequence[tuple[int, int]], probs: NDArray[np.float64]) -> _Patch:
    rows, columns = zip(*cells, strict=True)
    return _Patch(
        max(0.0, min(rows) - MARGIN_CELLS),
        max(0.0, min(columns) - MARGIN_CELLS),
        min(probs.shape[0], max(rows) + 1 + MARGIN_CELLS),
        min(probs.shape[1], max(columns) + 1 + MARGIN_CELLS),
        float(probs[list(rows), list(columns)].max()),
    )


def _joined(patches: Sequence[_Patch]) -> list[_Patch]:
    """Join boxes until none overlap; the order they come in makes no difference to the result."""
    apart: list[_Patch] = []
    waiting = list(patches)
    while waiting:
        patch = waiting.pop()
        touching = [other for other in apart if patch.overlaps(other)]
        if not touching:
            apart.append(patch)
            continue
        apart = [other for other in apart if not patch.overlaps(other)]
        for other in touching:
            patch = patch.joined(other)
        waiting.append(patch)
    return apart


def _box(patch: _Patch, side: int) -> Box:
    return Box(x0=patch.left / side, y0=patch.top / side, x1=patch.right / side, y1=patch.bottom / side)
