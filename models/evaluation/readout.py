"""Readout: how logits become probabilities and decisions. Shipped with a bundle, or fitted for a training run."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES, Category, OperatingPoint
from models.evaluation.arrays import Floats, Labels, scored_rows
from models.evaluation.calibration import CalibrationChoice, choose_calibration
from models.evaluation.scorer import Scorer
from models.evaluation.thresholds import GRAVITY, choose_thresholds
from models.runtime.calibration import apply_calibration, sigmoid


@dataclass(frozen=True)
class Readout:
    """A calibration map and three thresholds for every category that a model scores."""

    choices: Mapping[Category, CalibrationChoice]
    thresholds: Mapping[Category, Mapping[OperatingPoint, float]]

    @property
    def balanced(self) -> dict[Category, float]:
        """The balanced point of each category."""
        return {category: points[OperatingPoint.BALANCED] for category, points in self.thresholds.items()}

    def probabilities(self, logits: NDArray[np.floating]) -> Floats:
        """Calibrated probabilities. *Shape:* `(n, k)` in the order of the maps to `(n, 16)`, NaN without a map."""
        columns = [apply_calibration(logits[:, i], c.calibration) for i, c in enumerate(self.choices.values())]
        return spread(np.stack(columns, axis=1), list(self.choices))


def spread(columns: Floats, labels: list[Category]) -> Floats:
    """A model's own columns at their places in the taxonomy. *Shape:* `(n, k)` to `(n, 16)`, NaN elsewhere."""
    probs = np.full((len(columns), len(CATEGORIES)), np.nan)
    probs[:, [CATEGORIES.index(label) for label in labels]] = columns
    return probs


def uncalibrated(logits: NDArray[np.floating], labels: list[Category]) -> Floats:
    """A plain sigmoid of the logits. *Shape:* `(n, k)` or wider to `(n, 16)`, NaN elsewhere."""
    return spread(sigmoid(logits[:, : len(labels)].astype(np.float64)), labels)


def shipped_readout(scorer: Scorer) -> Readout | None:
    """The readout that a model brings; None when it brings none."""
    if scorer.calibration is None or scorer.thresholds is None:
        return None
    maps = scorer.calibration.categories
    return Readout(
        choices={label: CalibrationChoice(maps[label], {}, 0, 0) for label in scorer.labels},
        thresholds={label: scorer.thresholds.categories[label] for label in scorer.labels},
    )


def fitted_readout(logits: NDArray[np.floating], labels: Labels, categories: list[Category], seed: int) -> Readout:
    """Fit maps and thresholds on the calibration split.

    Args:
        logits: *Shape:* `(n, k)` or wider, the categories first.
        labels: *Shape:* `(n, 16)`.
        categories: of the first k columns.
        seed: fixes the folds of cross-validation.

    """
    choices, thresholds = {}, {}
    for i, category in enumerate(categories):
        column = labels[:, CATEGORIES.index(category)]
        known = scored_rows(column)
        choices[category] = choose_calibration(logits[known, i], column[known], seed)
        probs = apply_calibration(logits[known, i], choices[category].calibration)
        thresholds[category] = choose_thresholds(probs, column[known], GRAVITY.get(category, 1.0))
    return Readout(choices, thresholds)
