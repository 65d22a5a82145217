"""Places: how much of the labelled boxes a redacted copy covers, and how much of the picture it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import Box, RegionKind
from models.runtime.vision.regions import region_boxes

COVERED: Final = 0.75
"""Share of a labelled box that has to be blurred for the box to count as covered."""
RASTER: Final = 112
THRESHOLDS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9)
MAX_PICTURES: Final = 300
"""Pictures with boxes that a threshold is chosen on, evenly spread: a share of boxes is then known to about 0.03."""


@dataclass(frozen=True)
class Places:
    """What was covered at one threshold.

    Attributes:
        threshold: probability from which a cell is marked.
        covered: share of labelled boxes that are covered.
        area_covered: mean share of a labelled box that is blurred.
        blurred: mean share of the picture that is blurred, over pictures with a labelled box.
        n_boxes: labelled boxes.

    """

    threshold: float
    covered: float
    area_covered: float
    blurred: float
    n_boxes: int


def measure_places(
    probs: NDArray[np.floating], truth: Sequence[Sequence[Box]], kind: RegionKind, threshold: float
) -> Places:
    """Blur what the map marks, and compare with the labelled boxes.

    Args:
        probs: probabilities of one kind. *Shape:* `(n, s, s)`.
        truth: the labelled boxes of each picture; pictures without any are left out.
        kind: of the region.
        threshold: as in the manifest.

    """
    shares, costs = [], []
    for channel, boxes in zip(probs, truth, strict=True):
        if not boxes:
            continue
        blurred = blurred_cells(channel, kind, threshold)
        costs.append(blurred.mean())
        shares += [float(blurred[_cells(box)].mean()) for box in boxes]
    found = np.array(shares) if shares else np.zeros(1)
    return Places(
        threshold, float((found >= COVERED).mean()), float(found.mean()), float(np.mean(costs or [0.0])), len(shares)
    )


def blurred_cells(probs: NDArray[np.floating], kind: RegionKind, threshold: float) -> NDArray[np.bool_]:
    """What a redacted copy blurs, on a fine raster. *Shape:* `(s, s)` to `(112, 112)`."""
    p = np.clip(probs.astype(np.float64), 1e-6, 1.0 - 1e-6)
    logits = np.log(p / (1.0 - p)).astype(np.float32)[None]
    blurred = np.zeros((RASTER, RASTER), dtype=bool)
    for region in region_boxes(logits, (kind,), {kind: threshold}):
        blurred[_cells(region.box)] = True
    return blurred


def choose_place_threshold(
    probs: NDArray[np.floating], truth: Sequence[Sequence[Box]], kind: RegionKind, target: float
) -> Places:
    """The highest threshold that still covers the target share of the boxes' area; the lowest one if none does."""
    boxed = np.flatnonzero([bool(boxes) for boxes in truth])
    rows = boxed[np.linspace(0, len(boxed) - 1, min(len(boxed), MAX_PICTURES)).astype(int)]
    chosen = [truth[int(row)] for row in rows]
    for threshold in reversed(THRESHOLDS):
        found = measure_places(probs[rows], chosen, kind, threshold)
        if found.area_covered >= target:
            break
    return found


def _cells(box: Box) -> tuple[slice, slice]:
    y0, x0 = int(box.y0 * RASTER), int(box.x0 * RASTER)
    y1, x1 = max(y0 + 1, round(box.y1 * RASTER)), max(x0 + 1, round(box.x1 * RASTER))
    return slice(y0, y1), slice(x0, x1)
