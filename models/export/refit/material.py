"""Material: what heads are fitted to and held against: labels of people, and the data of the first training."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES, Category
from models.contracts.bundle import Calibration, CalibrationTable, PlattCalibration
from models.data.examples import Split
from models.data.store import load_split
from models.evaluation.arrays import sample
from models.evaluation.calibration import MIN_PROB
from models.export.refit.choosing import Task
from models.export.refit.fitting import Rows
from models.export.refit.heads import Standard
from models.export.refit.reading import Readings, read_texts
from models.export.refit.reviewed import Reviewed
from models.export.scoring import Report
from models.runtime.classifier import TextClassifier

Int64s = NDArray[np.int64]

N_REHEARSED: Final = 8_000
"""Rows of the training data that are fitted to as well."""
N_GUARD: Final = 6_000
"""Rows of its validation split, on which no head may get worse."""
MIN_SCALE: Final = 0.01
"""Of a curve that is nearly flat."""


@dataclass(frozen=True)
class Labelled:
    """Texts as the model reads them, with their labels.

    Attributes:
        labels: *Shape:* `(n, len(CATEGORIES))`, -1 for unknown.
        weights: *Shape:* `(n,)`.

    """

    readings: Readings
    labels: NDArray[np.int8]
    weights: NDArray[np.float64]

    def known(self, category: Category, among: Int64s | None = None) -> Int64s:
        """Positions of the rows whose label of a category is known."""
        rows = np.arange(len(self.labels)) if among is None else among
        found: Int64s = rows[self.labels[rows, CATEGORIES.index(category)] >= 0]
        return found

    def rows(self, column: int, category: Category, at: Int64s, standard: Standard) -> Rows:
        """What one head is fitted to."""
        return Rows(
            self.readings.logits[at, column].astype(np.float64),
            standard.apply(self.readings.inputs(column, at)),
            self.labels[at, CATEGORIES.index(category)].astype(np.float64),
            self.weights[at],
        )


@dataclass(frozen=True)
class Material:
    """What there is. `rehearsal` and `guard` are empty where the first training's data is not at hand."""

    reviewed: Labelled
    groups: Int64s
    fitted: Int64s
    rehearsal: Labelled
    guard: Labelled
    standard: Standard

    def task(self, column: int, category: Category, calibration: CalibrationTable) -> Task:
        """The fitting of one head, under the logistic curve that its calibration is or is nearest to."""
        scale, shift = nearest_logistic(calibration.categories[category])
        at = self.reviewed.known(category, self.fitted)
        rehearsal, guard = (
            one.rows(column, category, one.known(category), self.standard) for one in (self.rehearsal, self.guard)
        )
        reviewed = self.reviewed.rows(column, category, at, self.standard)
        return Task(reviewed, self.groups[at], rehearsal, guard, scale, shift)


def nearest_logistic(calibration: Calibration) -> tuple[float, float]:
    """Scale and shift under which a head is fitted; the bundle's own map stays what it is.

    An isotonic map has neither: they are those of the line through the log-odds of its knots, by least squares, each
    knot weighed by `p (1 - p)`, so that the steep middle counts and not the tails.
    """
    if isinstance(calibration, PlattCalibration):
        return calibration.scale, calibration.shift
    probs = np.clip(np.asarray(calibration.probs), MIN_PROB, 1.0 - MIN_PROB)
    odds = np.log(probs / (1.0 - probs))
    scale, shift = np.polyfit(np.asarray(calibration.logits), odds, 1, w=np.sqrt(probs * (1.0 - probs)))
    return max(float(scale), MIN_SCALE), float(shift)


def gather_material(
    classifier: TextClassifier, reviewed: Reviewed, fitted: Int64s, data: Path | None, report: Report
) -> Material:
    """Read everything with the model as it is.

    Args:
        classifier: of the bundle that is refitted.
        reviewed: what people said.
        fitted: positions of the rows that may be fitted to.
        data: the dataset of the first training; None where it is not at hand.
        report: told about progress.

    Raises:
        DataError: the dataset is broken.

    """
    said = Labelled(read_texts(classifier, reviewed.texts, "read labels", report), reviewed.labels, reviewed.weights)
    rehearsal, guard = (
        _read_split(classifier, data, split, n, report)
        for split, n in ((Split.TRAIN, N_REHEARSED), (Split.VALIDATION, N_GUARD))
    )
    usual = rehearsal if len(rehearsal.labels) else said
    return Material(said, reviewed.groups, fitted, rehearsal, guard, Standard(usual.readings.embeddings))


def _read_split(classifier: TextClassifier, data: Path | None, split: Split, n: int, report: Report) -> Labelled:
    texts: Sequence[str] = ()
    labels = np.empty((0, len(CATEGORIES)), np.int8)
    if data is not None:
        rows = sample(load_split(data, split), n)
        texts, labels = rows.texts, rows.labels
    return Labelled(read_texts(classifier, texts, f"read {split.value}", report), labels, np.ones(len(texts)))
