"""Three classes from two outputs: hate, offensive, or neither, as HateXplain asks.

Each of two outputs is the logit of its class against the rest; the third class is what neither claims. A row belongs to
the class with the highest of `hate + a`, `offensive + b` and 0. The offsets a and b are the best ones on validation
rows, as a threshold would be for two classes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.arrays import Floats, Ints
from models.evaluation.metrics import f1_score

HATE: Final = 0
OFFENSIVE: Final = 1
NORMAL: Final = 2
N_CLASSES: Final = 3
N_STEPS: Final = 41
"""Offsets that are tried for each output, evenly over the quantiles of its logits."""
TRIMMED: Final = 0.01


@dataclass(frozen=True)
class Offsets:
    """Added to the two logits before they are compared with 0."""

    hate: float
    offensive: float


def decide(hate: Floats, offensive: Floats, offsets: Offsets) -> Ints:
    """The class of each row. Between equals the graver one. *Shape:* `(n,)` each."""
    scores = np.stack([hate + offsets.hate, offensive + offsets.offensive, np.zeros_like(hate)], axis=1)
    classes: Ints = scores.argmax(axis=1).astype(np.int64)
    return classes


def tune_offsets(hate: Floats, offensive: Floats, truth: NDArray[np.integer]) -> Offsets:
    """The offsets with the highest macro-F1 on rows whose class is known. *Shape:* `(n,)` each."""
    tried = [
        Offsets(a, b) for a in _offsets(hate) for b in _offsets(offensive)
    ]  # fmt: skip
    scores = [float(macro_f1(decide(hate, offensive, one), truth)[0]) for one in tried]
    return tried[int(np.argmax(scores))]


def macro_f1(decided: NDArray[np.integer], truth: NDArray[np.integer], weights: Floats | None = None) -> Floats:
    """Mean of the F1 of the three classes, one value a resample. *Shape:* `(r,)`.

    Args:
        decided: *Shape:* `(n,)`, 0 to 2.
        truth: *Shape:* `(n,)`, 0 to 2.
        weights: *Shape:* `(r, n)`; a single row of ones when left out.

    """
    weights = np.ones((1, len(truth))) if weights is None else weights
    counts = weights @ np.eye(N_CLASSES**2)[N_CLASSES * np.asarray(truth) + np.asarray(decided)]
    table = counts.reshape(-1, N_CLASSES, N_CLASSES)
    hits = np.diagonal(table, axis1=1, axis2=2)
    scores: Floats = f1_score(hits, table.sum(axis=1) - hits, table.sum(axis=2) - hits).mean(axis=1)
    return scores


def _offsets(logits: Floats) -> list[float]:
    """Where an output could cross 0: its logits' quantiles, sign turned."""
    cuts = np.quantile(logits, np.linspace(TRIMMED, 1.0 - TRIMMED, N_STEPS))
    return [-float(cut) for cut in np.unique(cuts)]
