"""Severity: how far a probability has come past the operating points of its bundle."""

from collections.abc import Sequence
from typing import Final

from models.contracts import Category, OperatingPoint, Severity, ThresholdTable

Points = tuple[float, float, float]
"""Thresholds of one category: recall, balanced, precision, rising."""

WORST: Final[Severity] = 6


def severity(prob: float, points: Points) -> Severity:
    """0 below the recall point, 2 from it on, 4 from the balanced point on, 6 from the precision point on."""
    recall, balanced, precision = points
    if prob < recall:
        return 0
    if prob < balanced:
        return 2
    return 4 if prob < precision else 6


def operating_points(labels: Sequence[Category], thresholds: ThresholdTable) -> tuple[Points, ...]:
    """The points of every label, in order."""
    tables = [thresholds.categories[label] for label in labels]
    return tuple(
        (table[OperatingPoint.RECALL], table[OperatingPoint.BALANCED], table[OperatingPoint.PRECISION])
        for table in tables
    )
