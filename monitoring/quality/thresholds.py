"""Thresholds: from which probability on a bundle flags a category, as the deciders of the store have it on record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES, OperatingPoint
from monitoring.windows.deciders import RISING, Deciders

_BALANCED: Final = RISING.index(OperatingPoint.BALANCED)
_POSITION: Final = {category.value: number for number, category in enumerate(CATEGORIES)}


@dataclass(frozen=True)
class Thresholds:
    """Operating points of all bundles.

    Attributes:
        points: rising ones by the digest of the bundle. *Shape:* `(19, 3)` each, NaN where it does not score.

    """

    points: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def balanced(self, bundle: str, category: str) -> float:
        """The balanced point; of another bundle where this one does not score the category and all others agree.

        Returns:
            NaN where it is not known.

        """
        if category not in _POSITION:
            return float("nan")
        place = (_POSITION[category], _BALANCED)
        own = self.points[bundle][place] if bundle in self.points else np.nan
        if not np.isnan(own):
            return float(own)
        others = {float(table[place]) for table in self.points.values() if not np.isnan(table[place])}
        return others.pop() if len(others) == 1 else float("nan")


def thresholds_of(deciders: Deciders) -> Thresholds:
    """Those of everyone who decided."""
    return Thresholds({digest: table for decider in deciders.values() for digest, table in decider.points.items()})
