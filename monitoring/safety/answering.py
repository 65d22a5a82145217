"""Answering: weights for a sample of which people have looked at a part, the gravest kinds first.

The queue is worked by priority, so the items with an answer are not a random part of the sample. Within a kind of items
(the same action and severity) who is answered is as good as chance; each answer there stands for the kind.

Source: Little & Rubin (2002), "Statistical analysis with missing data", section 3.3 (weighting classes).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.safety.intervals import Floats

MIN_ANSWERS: Final = 30
"""Fewer answers say little more than their interval would hide."""
MAX_UNKNOWN: Final = 0.05
"""Largest share of the sample that may be of kinds without any answer: their harm is unknown, not zero."""


@dataclass(frozen=True)
class Answers:
    """The answered part of a sample.

    Attributes:
        positions: of the answered items in the sample. *Shape:* `(k,)`.
        values: what was answered. *Shape:* `(k,)`.
        weights: how many decisions each answer stands for. *Shape:* `(k,)`.
        n_drawn: items in the sample.
        unknown: weighted share of the sample that is of kinds nobody has answered.

    """

    positions: NDArray[np.int64]
    values: Floats
    weights: Floats
    n_drawn: int
    unknown: float

    @property
    def problem(self) -> str | None:
        """Why nothing can be estimated from them; None where it can."""
        if not self.n_drawn:
            return (
                "no decision of the period was drawn for the random review sample; set WEIR_REVIEW_SAMPLE_SHARE, such "
                "as 0.01, and wait for decisions"
            )
        if len(self.values) < MIN_ANSWERS:
            return f"{len(self.values)} answers in a random sample of {self.n_drawn}; at least {MIN_ANSWERS} are needed"
        if self.unknown > MAX_UNKNOWN:
            return f"{self.unknown:.0%} of the random sample is of kinds that nobody has reviewed yet"
        return None


def weigh_answers(values: Floats, base: Floats, cells: NDArray[np.int64]) -> Answers:
    """Let the answers of each kind stand for all of it.

    Args:
        values: NaN where there is no answer. *Shape:* `(n,)`.
        base: weights of the sample. *Shape:* `(n,)`.
        cells: the kind of each item, numbered from 0. *Shape:* `(n,)`.

    """
    answered = ~np.isnan(values)
    drawn: Floats = np.bincount(cells, weights=base).astype(np.float64)  # of nothing, bincount makes integers
    seen: Floats = np.bincount(cells[answered], weights=base[answered], minlength=len(drawn)).astype(np.float64)
    scale = np.divide(drawn, seen, out=np.zeros_like(drawn), where=seen > 0)
    total = float(drawn.sum())
    return Answers(
        positions=np.flatnonzero(answered),
        values=values[answered],
        weights=base[answered] * scale[cells[answered]],
        n_drawn=len(values),
        unknown=float(drawn[seen == 0].sum() / total) if total else 0.0,
    )
