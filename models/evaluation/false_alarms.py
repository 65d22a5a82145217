"""False alarms: operating points that ordinary posts hardly ever reach, whatever the memes alone would suggest.

A threshold chosen on a set of memes knows only memes. Most posts are none, so that every point is lifted until the
ordinary posts at hand stay below it, but for a small share.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import OperatingPoint
from models.evaluation.arrays import Bools, Floats
from models.evaluation.thresholds import MARGIN

MAX_FALSE_ALARMS: Final[Mapping[OperatingPoint, float]] = MappingProxyType(
    {OperatingPoint.PRECISION: 0.0025, OperatingPoint.BALANCED: 0.01, OperatingPoint.RECALL: 0.05}
)
"""Share of ordinary posts that may reach a point: what a team would accept of blocking, of labelling, and of sending to
a person. A choice, not a finding."""


def lifted(points: Mapping[OperatingPoint, float], ordinary_probs: Floats) -> dict[OperatingPoint, float]:
    """Operating points raised until no more ordinary posts reach them than `MAX_FALSE_ALARMS` allows.

    Args:
        points: rising from recall over balanced to precision; so are the answers.
        ordinary_probs: calibrated probabilities of harmless posts. *Shape:* `(n,)`.

    """
    order = (OperatingPoint.RECALL, OperatingPoint.BALANCED, OperatingPoint.PRECISION)
    falling = np.sort(ordinary_probs)[::-1]
    found: dict[OperatingPoint, float] = {}
    lowest = 0.0
    for point in order:
        n_allowed = int(MAX_FALSE_ALARMS[point] * len(falling))
        bar = float(falling[n_allowed]) + MARGIN if n_allowed < len(falling) else 0.0
        lowest = min(1.0, max(lowest, points[point], bar))
        found[point] = lowest
    return found


def flagged_across_worlds(
    points: Mapping[OperatingPoint, float], ordinary_probs: Floats, world: NDArray[np.integer]
) -> dict[OperatingPoint, Bools]:
    """Which ordinary posts reach each point when it was lifted without their world. *Shape:* `(n,)` each.

    Points lifted on the posts they are measured on would flag exactly what they allow.

    Args:
        points: before lifting.
        ordinary_probs: calibrated probabilities by models that saw nothing of the post's world. *Shape:* `(n,)`.
        world: of each post. *Shape:* `(n,)`.

    """
    flagged = {point: np.zeros(len(world), dtype=np.bool_) for point in points}
    for one in np.unique(world):
        inside = world == one
        for point, bar in lifted(points, ordinary_probs[~inside]).items():
            flagged[point][inside] = ordinary_probs[inside] >= bar
    return flagged
