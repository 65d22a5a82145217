"""Values of the reviews: states, verdicts, labels, and the kinds of text that people may write."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from models.contracts import Category

_NO_NUL: Final = r"^[^\x00]*$"  # Postgres stores no NUL in a text

Line = Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=_NO_NUL)]
"""A reason, a note or a message."""
Statement = Annotated[str, StringConstraints(min_length=1, max_length=5_000, pattern=_NO_NUL)]
"""What an author says in an appeal."""
ReviewerName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
"""A person behind a key that several people use."""
UuidText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
SurfaceName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_NO_NUL)]


MAX_PAGE: Final = 200
"""Rows of one page of a list."""


class ReviewState(StrEnum):
    """Where an item is in the queue."""

    OPEN = "open"
    CLAIMED = "claimed"
    """Somebody holds a lease on it."""
    DECIDED = "decided"
    ESCALATED = "escalated"
    """It waits for the second level."""
    EXPIRED = "expired"
    """Nobody decided in time; the decision stands as it was."""


class Purpose(StrEnum):
    """Why a person is given an item; the person cannot tell."""

    REVIEW = "review"
    SECOND = "second"
    """It has its verdict already: a second opinion measures agreement."""
    GOLDEN = "golden"
    """Its answer is known: the verdict measures the reviewer."""
    SAMPLE = "sample"
    """It was drawn at random from all decisions, queued anyway or not: what people find in it measures prevalence."""
    SUGGEST = "suggest"
    """Its labels would teach most: monitoring asked for them."""


DECIDING: Final = (Purpose.REVIEW.value, Purpose.SAMPLE.value, Purpose.SUGGEST.value)
"""Purposes of first opinions, whose verdicts decide what stands. A decision is in the queue for one of them."""


class VerdictKind(StrEnum):
    """What a reviewer says of a decision."""

    UPHOLD = "uphold"
    """It was right and stands."""
    OVERTURN = "overturn"
    """It was wrong: the item is allowed."""
    CHANGE = "change"
    """Something was wrong, but another action is right."""


class LabelValue(StrEnum):
    """Whether an item shows a harm."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class LabelSource(StrEnum):
    """Where a label comes from."""

    REVIEW = "review"
    APPEAL = "appeal"
    GOLDEN = "golden"
    RELABEL = "relabel"


class AppealState(StrEnum):
    """Where an appeal is, and how it ended."""

    OPEN = "open"
    UPHELD = "upheld"
    """The decision stands."""
    OVERTURNED = "overturned"
    """It was wrong; the item is restored."""
    CHANGED = "changed"
    """Another action stands instead."""


class ReviewOrder(StrEnum):
    """In which order a queue is listed."""

    PRIORITY = "priority"
    NEWEST = "newest"


Labels = Annotated[dict[Category, LabelValue], Field(max_length=len(Category))]
"""What a person says by category; a category that is not named is unknown, which is not the same as no."""
FIRST_LEVEL: Final = 1
SECOND_LEVEL: Final = 2
Level = Annotated[int, Field(ge=FIRST_LEVEL, le=SECOND_LEVEL)]
