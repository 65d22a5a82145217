"""Examples: cleaned rows with their labels, as the build moves them from loading to writing."""

from dataclasses import dataclass
from enum import StrEnum

from models.data.rows import Part, Spans


class Split(StrEnum):
    """What a row is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    """Early stopping and model choices."""
    CALIBRATION = "calibration"
    """Fitting calibrators and thresholds."""
    TEST = "test"
    """Reported; official tests where they exist."""
    PROBE = "probe"
    """Evaluation by identity group; in no other number."""


@dataclass(frozen=True, slots=True)
class Example:
    """One cleaned text of one set.

    Attributes:
        text: cleaned.
        digest: sha256 of `text`, hex.
        source: id of the set.
        labels: one value a label, in `LABELS` order: 1, 0 or -1 (unknown).
        part, order, timestamp, weight, kin: as in `Row`.
        spans: as in `Row`, ranges of the cleaned `text`.
        previous: the previous turn, cleaned and cut.

    """

    text: str
    digest: str
    source: str
    labels: tuple[int, ...]
    part: Part | None
    order: str | None
    timestamp: str | None
    weight: float
    kin: str | None
    spans: Spans | None = None
    previous: str | None = None
