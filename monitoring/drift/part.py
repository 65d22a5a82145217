"""Parts: one question put to one column or embedding, and its answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Float64s = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """What one test of a column found, before it is corrected for the others.

    Attributes:
        name: which question it is, such as `location`; unique in its column. Noise is kept under it.
        method: the test, by name.
        statistic: its value.
        p_value: chance of such a difference, or a larger one, without a change.
        effect: how large the difference is, never negative, in the unit of `effect_name`.
        effect_threshold: from which on it matters.
        direction: `up` or `down`; None where there is none.
        cells: what each cell of the column counts for in this question; the mean over the rows is what was compared.
            Empty for what has no cells.

    """

    name: str
    method: str
    statistic: float
    p_value: float
    effect: float
    effect_name: str
    effect_threshold: float
    direction: str | None
    cells: Float64s

    @property
    def matters(self) -> bool:
        """It is large enough."""
        return self.effect >= self.effect_threshold


def decisive(parts: Sequence[Part]) -> Part | None:
    """The part that speaks for all of them, with its p-value corrected for the choice (Bonferroni).

    Parts that are large enough come first, then the least likely ones: a tiny but certain difference must not hide
    a large one.
    """
    if not parts:
        return None
    best = min(parts, key=lambda part: (not part.matters, part.p_value, -part.effect))
    return replace(best, p_value=min(1.0, best.p_value * len(parts)))
