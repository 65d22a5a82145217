"""Verdicts: what changed, by how much, since when, which items show it, and what to do. Weir's own words for drift."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from models.contracts.base import Value


class Status(StrEnum):
    """What a check says as a whole."""

    CLEAR = "clear"
    """Enough was looked at, and nothing changed."""
    CHANGED = "changed"
    """Something changed, beyond chance and by enough to matter."""
    UNDETERMINED = "undetermined"
    """Nothing can be said: no decisions, too few of them, no reference, or columns missing. Never an all-clear."""


class Subject(StrEnum):
    """What a change is in."""

    COLUMN = "column"
    TEXT_EMBEDDING = "text_embedding"
    IMAGE_EMBEDDING = "image_embedding"
    VOLUME = "volume"
    FAILURES = "failures"
    """Items without a decision."""
    QUALITY = "quality"
    """By the labels of reviewers."""


class Slice(Value):
    """A part of the traffic, such as one surface; all of it where `column` is None."""

    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        """`surface=feed`, or `all`."""
        return "all" if self.column is None else f"{self.column}={self.value}"


class Change(Value):
    """One test of one thing, and what it found.

    Attributes:
        name: the column, or what else was looked at.
        horizon_h: hours of the window that it was found in.
        method: the test, by name.
        statistic: its value.
        p_value: chance of such a difference, or a larger one, without a change.
        p_adjusted: the same, corrected for all tests of the check.
        effect: how large the change is, in the unit of `effect_name`.
        effect_threshold: from which on it matters.
        is_real: beyond chance and large enough.
        direction: `up` or `down` of the mean or the share; None where there is none.
        was, now: the reference and the window in a few words a person can read, such as `mean 0.12` and `mean 0.31`.
        since: about when it began; None where that cannot be told.
        decision_ids: items that show it best.
        advice: what to do about it.

    """

    subject: Subject
    name: str
    title: str
    slice: Slice = Slice()
    horizon_h: Annotated[float, Field(gt=0)] | None = None
    method: str
    statistic: float
    p_value: Annotated[float, Field(ge=0, le=1)]
    p_adjusted: Annotated[float, Field(ge=0, le=1)]
    effect: float
    effect_name: str
    effect_threshold: float
    is_real: bool
    direction: Annotated[str, Field(pattern="^(up|down)$")] | None = None
    was: str = ""
    now: str = ""
    since: datetime | None = None
    decision_ids: tuple[str, ...] = ()
    advice: str = ""


class DriftVerdict(Value):
    """What one check found.

    Attributes:
        reference_id: that it compared with; None where there is none.
        bundle: name and version of the text bundle that decided.
        start, end: of the window.
        n_decisions: in it.
        n_tests: that were made; the correction is over all of them.
        changes: every test, the real ones first, by weight.
        reasons: why nothing can be said, or what was left out; one sentence each.

    """

    status: Status
    reference_id: str | None
    bundle: str | None = None
    start: datetime
    end: datetime
    n_decisions: Annotated[int, Field(ge=0)]
    n_tests: Annotated[int, Field(ge=0)]
    changes: tuple[Change, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def real(self) -> tuple[Change, ...]:
        """What changed."""
        return tuple(change for change in self.changes if change.is_real)

    @model_validator(mode="after")
    def _status_fits(self) -> Self:
        if (self.status is Status.CHANGED) != bool(self.real):
            raise ValueError("a check has changed exactly when a change is real")
        if self.status is Status.CLEAR and not self.n_tests:
            raise ValueError("nothing was tested, so nothing is clear")
        return self
