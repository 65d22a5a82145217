"""Uncertainty: how close a decision's scores are to where a policy would decide otherwise.

    uncertainty = max over categories c and points t of exp(-|logit p_c - logit t|)

It is 1 at a point and falls with the distance in log-odds, in which calibrated models move: 0.01 and 0.02 are as far
apart as 0.33 and 0.5, and a category whose scores are all tiny is not uncertain throughout for having a low point.
Recall points are left out: those of rare harms lie among the scores of ordinary text (0.004), and half of all traffic
is near one of them.

Source: margin sampling (Scheffer, Decomain & Wrobel 2001, "Active hidden Markov models for information extraction"),
with the margin to the point that decides instead of to the second class.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.contracts import CATEGORIES
from monitoring.windows.columns import score_column

Float64s = NDArray[np.float64]
Int64s = NDArray[np.int64]

_DECIDING: Final = slice(1, 3)
"""Balanced and precision, of the rising three."""
_TINY: Final = 1e-6


@dataclass(frozen=True)
class Uncertainty:
    """Of each row.

    Attributes:
        scores: in [0, 1]; 0 where nothing was scored. *Shape:* `(n,)`.
        categories: position in `CATEGORIES` of the score that is closest to a point. *Shape:* `(n,)`.

    """

    scores: Float64s
    categories: Int64s


def measure_uncertainty(frame: pd.DataFrame, points: Float64s) -> Uncertainty:
    """How close each row is to another decision.

    Args:
        frame: of a window.
        points: recall, balanced and precision thresholds. *Shape:* `(len(CATEGORIES), 3)`, NaN where there are none.

    """
    if not len(frame):
        return Uncertainty(np.empty(0), np.empty(0, np.int64))
    probs = np.stack([frame[score_column(category)].to_numpy(np.float64) for category in CATEGORIES], axis=1)
    distances = np.abs(_logits(probs)[:, :, None] - _logits(points[:, _DECIDING])[None])
    close = np.nan_to_num(np.exp(-distances), nan=0.0).max(axis=2)
    return Uncertainty(close.max(axis=1), close.argmax(axis=1))


def _logits(probs: Float64s) -> Float64s:
    bounded = np.clip(probs, _TINY, 1.0 - _TINY)
    found: Float64s = np.log(bounded / (1.0 - bounded))
    return found
