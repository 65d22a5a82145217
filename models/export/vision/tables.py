"""Tables: the calibration and the thresholds of an image bundle, from the logits of the model that ships."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contracts.bundle import CalibrationTable, PlattCalibration, ThresholdTable
from models.contracts.taxonomy import Category
from models.evaluation.readout import fitted_readout
from models.runtime.vision.classifier import Float32s, Pixels


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures with what is known of them.

    Attributes:
        pixels: *Shape:* `(n, s, s, 3)`.
        labels: 1 yes, 0 no, -1 unknown, in the order of the taxonomy. *Shape:* `(n, n_categories)`.

    """

    pixels: Pixels
    labels: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True)
class Tables:
    """What turns logits into decisions."""

    calibration: CalibrationTable
    thresholds: ThresholdTable


TableSource = Callable[[Callable[[Pixels], Float32s]], Tables]
"""Given what computes the shipped model's logits, gives the tables: fits them, or has them already."""


def given_tables(calibration: CalibrationTable, thresholds: ThresholdTable) -> TableSource:
    """Tables that were made before."""
    return lambda _logits: Tables(calibration, thresholds)


def fitted_tables(pictures: LabelledPictures, categories: Sequence[Category], seed: int = 0) -> TableSource:
    """Tables fitted on labelled pictures, with the shipped model's own logits, as for texts."""

    def fit(logits: Callable[[Pixels], Float32s]) -> Tables:
        readout = fitted_readout(logits(pictures.pixels), pictures.labels, list(categories), seed)
        maps = {category: choice.calibration for category, choice in readout.choices.items()}
        points = {category: dict(thresholds) for category, thresholds in readout.thresholds.items()}
        return Tables(CalibrationTable(categories=maps), ThresholdTable(categories=points))

    return fit


def method_names(calibration: CalibrationTable) -> dict[Category, str]:
    """How each category is calibrated, for cards."""
    return {
        category: f"none ({one.method} 1)" if one == PlattCalibration(method="temperature", scale=1.0) else one.method
        for category, one in calibration.categories.items()
    }
