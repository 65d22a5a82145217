"""A suggestion: one decision, why its label would teach, and how much."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.contracts.base import Value


class Motive(StrEnum):
    """Why a label would teach."""

    NOVEL = "novel"
    """Nothing like it is in the reference."""
    UNCERTAIN = "uncertain"
    """A score of it is where a policy would decide otherwise."""
    RARE = "rare"
    """Few items are of its kind: its harm, language and surface together."""


class Suggestion(Value):
    """One decision to label.

    Attributes:
        reason: the motive and what shows it, without content: `novel: farther than 99.8 % of the reference`.
        score: how strongly the motive holds, 0 to 1; scores of different motives cannot be compared.

    """

    decision_id: str
    reason: Annotated[str, Field(max_length=64)]
    score: Annotated[float, Field(ge=0.0, le=1.0)]
