"""Scores: calibrated probabilities, or an explicit statement that nobody looked."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.contracts.base import Value
from models.contracts.taxonomy import Category, Modality

Probability = Annotated[float, Field(ge=0.0, le=1.0)]


Severity = Literal[0, 2, 4, 6]
"""How far a probability has come past the operating points of its bundle: 0 below recall, 2 from recall on, 4 from
balanced on, 6 from precision on. Never falls when the probability rises; the scale is that of Azure AI Content Safety's
four levels."""


class ScoreStatus(StrEnum):
    """Whether a category was scored."""

    SCORED = "scored"
    NOT_APPLIED = "not_applied"


class ScoreSource(StrEnum):
    """Which part of an item, or which combination, gave a score."""

    TEXT = "text"
    """The text that was posted."""
    IMAGE = "image"
    """What a picture shows."""
    IMAGE_TEXT = "image_text"
    """The words read in a picture."""
    JOINT = "joint"
    """Pictures and words together."""
    KNOWN = "known_content"
    """Content that a team has judged before."""


class CategoryScore(Value):
    """One category's score for one item.

    `prob` is the calibrated probability that an annotator would say yes. A category that no loaded model
    scores has status `not_applied` and no `prob`: it is never a silent 0.0. `modalities` are all that were looked at,
    `source` is the one that gave the highest probability.
    """

    category: Category
    status: ScoreStatus
    prob: Probability | None = None
    severity: Severity | None = None
    modalities: tuple[Modality, ...] = ()
    source: ScoreSource | None = None

    @model_validator(mode="after")
    def _prob_exactly_when_scored(self) -> Self:
        if (self.prob is None) == (self.status is ScoreStatus.SCORED):
            raise ValueError("a score has a prob exactly when its status is scored")
        if (self.severity is None) == (self.status is ScoreStatus.SCORED):
            raise ValueError("a score has a severity exactly when its status is scored")
        if bool(self.modalities) != (self.status is ScoreStatus.SCORED):
            raise ValueError("a score names the modalities it looked at exactly when its status is scored")
        if (self.source is None) == (self.status is ScoreStatus.SCORED):
            raise ValueError("a score has a source exactly when its status is scored")
        return self
