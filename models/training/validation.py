"""Validation: how well the logits rank, label by label, and the one number that decides when to stop."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from models.training.targets import Heads


@dataclass(frozen=True)
class Ranking:
    """Area under the precision-recall curve (average precision) by label.

    Attributes:
        macro: mean over the categories that have enough positives; 0 where none has.
        by_label: every label with enough positives, auxiliary ones too.

    """

    macro: float
    by_label: dict[str, float]


def rank(logits: NDArray[np.float32], targets: NDArray[np.int8], heads: Heads, min_positives: int) -> Ranking:
    """Compare logits with the truth where it is known. *Shape:* `(n, len(heads))` both."""
    areas: dict[str, float] = {}
    for column, name in enumerate((*heads.labels, *heads.auxiliary_labels)):
        known = targets[:, column] >= 0
        truth = targets[known, column]
        if truth.sum() >= min_positives and truth.sum() < len(truth):
            areas[str(name)] = float(average_precision_score(truth, logits[known, column]))
    ranked = [areas[name] for name in heads.labels if name in areas]
    return Ranking(float(np.mean(ranked)) if ranked else 0.0, areas)


@dataclass
class Patience:
    """Early stopping: remembers the best score and how many looks ago it was.

    Source: Prechelt (1998), "Early stopping - but when?", the simplest criterion.
    """

    limit: int
    best: float = -1.0
    waited: int = 0

    def better(self, score: float) -> bool:
        """Take note of a score; whether it is the best so far."""
        if score > self.best:
            self.best, self.waited = score, 0
            return True
        self.waited += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether to stop."""
        return self.waited >= self.limit
