"""Rows: what a loader yields, and the part of a set a row belongs to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.data.labels import Marks

Spans = tuple[tuple[int, int], ...]


class Part(StrEnum):
    """Where a set's own authors put a row."""

    TRAIN = "train"
    """Training rows of a set that also has official development rows."""
    TRAINABLE = "trainable"
    """Everything but the test of a set without development rows: we hold out validation and calibration."""
    DEV = "dev"
    TEST = "test"
    PROBE = "probe"
    """Evaluation by group only: never trained on, never in the reported test."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text of a set and what the set says about it.

    Attributes:
        text: as published; cleaned later.
        marks: the labels the set names; empty when its answer is unusable (the row is then dropped and counted).
        part: the official split, or None.
        order: sorts rows by time in sets that are split by time; None where the time is missing.
        timestamp: ISO 8601, where the set has true times.
        weight: trust in the labels, in (0, 1].
        kin: rows with the same kin belong together (minimal pairs, one person's posts); never stored.
        spans: ranges of the characters of `text` that carry the harm, the end exclusive; () for none, None for unknown.
        previous: the turn that the text answers, as published; None where the set has none.

    """

    text: str
    marks: Marks
    part: Part | None = None
    order: str | None = None
    timestamp: str | None = None
    weight: float = 1.0
    kin: str | None = None
    spans: Spans | None = None
    previous: str | None = None


Files = Mapping[str, str]
"""Decoded files of one set by name."""

Loader = Callable[[Files], Iterator[Row]]
