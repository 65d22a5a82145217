"""Bundles as scorers: what ships, measured with the calibration and the thresholds it ships."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.contracts import CalibrationTable, Category, ThresholdTable
from models.evaluation.scorer import Logits
from models.runtime.classifier import TextClassifier


@dataclass(frozen=True)
class BundleScorer:
    """An open bundle; a `Scorer`."""

    classifier: TextClassifier

    @property
    def name(self) -> str:
        """The bundle's own name."""
        return self.classifier.bundle.manifest.name

    @property
    def digest(self) -> str:
        """sha256 of all that decides a score, so that kept scores are never those of another reading of texts."""
        return self.classifier.digest

    @property
    def labels(self) -> Sequence[Category]:
        """The categories it scores."""
        return self.classifier.labels

    @property
    def auxiliary_labels(self) -> Sequence[str]:
        """Further outputs."""
        return self.classifier.bundle.manifest.auxiliary_labels

    @property
    def calibration(self) -> CalibrationTable:
        """The maps it ships."""
        return self.classifier.bundle.calibration

    @property
    def thresholds(self) -> ThresholdTable:
        """The operating points it ships."""
        return self.classifier.bundle.thresholds

    def logits(self, texts: Sequence[str]) -> Logits:
        """Raw outputs. *Shape:* `(n, k)`."""
        return self.classifier.logits(texts)
