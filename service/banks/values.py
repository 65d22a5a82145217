"""Banks and their items as people and programs see them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from models.contracts import Action, Category, MatchKind
from models.contracts.base import Value

MAX_PDQ_DISTANCE: Final = 31
"""Source: the recommended threshold of ThreatExchange; the index answers no further."""
MAX_TEXT_DISTANCE: Final = 0.3
"""`1 - similarity`; the index of sketches finds nothing reliably beyond it."""
MAX_EMBEDDING_DISTANCE: Final = 0.5
RESERVED_NAMES: Final = frozenset({"match"})

_GREATEST: Final = {
    MatchKind.PDQ: MAX_PDQ_DISTANCE,
    MatchKind.NEAR_TEXT: MAX_TEXT_DISTANCE,
    MatchKind.IMAGE_EMBEDDING: MAX_EMBEDDING_DISTANCE,
    MatchKind.TEXT_EMBEDDING: MAX_EMBEDDING_DISTANCE,
}


class Polarity(StrEnum):
    """What a match in a bank means."""

    POSITIVE = "positive"
    """It is what the team looks for: the bank's action applies."""
    NEGATIVE = "negative"
    """It only looks like it: never match this."""


def _check_name(name: str) -> str:
    if name in RESERVED_NAMES:
        raise ValueError(f"a bank cannot be called {' or '.join(sorted(RESERVED_NAMES))}")
    return name


def _check_thresholds(thresholds: dict[MatchKind, float | None]) -> dict[MatchKind, float | None]:
    for kind, distance in thresholds.items():
        if kind not in _GREATEST:
            raise ValueError("an exact match has no threshold")
        if distance is not None and not 0 <= distance <= _GREATEST[kind]:
            raise ValueError(f"{kind.value} is a distance from 0 to {_GREATEST[kind]}, or null to turn it off")
        if kind is MatchKind.PDQ and distance is not None and distance != int(distance):
            raise ValueError("pdq is a whole number of bits")
    return thresholds


_NO_NUL: Final = r"^[^\x00]*$"  # Postgres stores no NUL in a text
BankName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", min_length=1, max_length=64), AfterValidator(_check_name)
]
Line = Annotated[str, StringConstraints(max_length=500, pattern=_NO_NUL)]
Message = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_NO_NUL)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\s\x00]+$")]
Labels = Annotated[tuple[Label, ...], Field(max_length=32)]
Hex256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$", to_lower=True)]
Thresholds = Annotated[dict[MatchKind, float | None], AfterValidator(_check_thresholds)]


class BankDraft(Value):
    """A bank as its team describes it.

    Attributes:
        name: lower-case letters, digits, `-` and `_`; it is part of addresses and evidence and never changes.
        polarity: never changes either.
        category: what its items are; a positive bank has one, a negative bank has none.
        action: what the policy does about a match; a positive bank has one, a negative bank has none.
        review: a person looks at every match as well.
        message: what the author of the content is told.
        enabled: a disabled bank matches nothing and keeps its items.
        thresholds: greatest distance of a match by kind, where the defaults do not fit; null turns the kind off.

    """

    name: BankName
    description: Line = ""
    polarity: Polarity = Polarity.POSITIVE
    category: Category | None = None
    action: Action | None = None
    review: bool = False
    message: Message = "It matches content that was judged before."
    enabled: bool = True
    thresholds: Thresholds = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_its_polarity(self) -> Self:
        is_positive = self.polarity is Polarity.POSITIVE
        if (self.category is not None) != is_positive or (self.action is not None) != is_positive:
            raise ValueError("a positive bank has a category and an action, a negative bank has neither")
        return self


class BankPatch(Value):
    """What can change of a bank; absent fields stay."""

    description: Line = ""
    category: Category | None = None
    action: Action | None = None
    review: bool = False
    message: Message = "-"
    enabled: bool = True
    thresholds: Thresholds = Field(default_factory=dict)


class Bank(BankDraft):
    """A bank as it is. Counts are as of now."""

    created_at: datetime
    n_items: int
    n_disabled: int
    n_quarantined: int


class Item(Value):
    """An item: signatures of content that was judged, and what became of them. Content itself is never stored.

    Attributes:
        id: names the item in its bank; never used again after a removal.
        sha256: of the bytes of a picture's file.
        pdq: of a picture.
        pdq_quality: 50 to 100; null where a list did not say.
        text_sha256: of a normalised text.
        has_text_sketch: near-duplicates of the text are found.
        image_bundle: digest of the bundle whose embedding is stored; null without one.
        text_bundle: likewise for the text.
        quarantined_at: since when the flood guard keeps it from matching.
        n_matches: inputs it matched, suppressed ones included; some seconds behind.

    """

    id: str
    bank: str
    sha256: str | None
    pdq: str | None
    pdq_quality: int | None
    text_sha256: str | None
    has_text_sketch: bool
    image_bundle: str | None
    text_bundle: str | None
    note: str
    labels: tuple[str, ...]
    created_at: datetime
    enabled: bool
    quarantined_at: datetime | None
    quarantine_reason: str | None
    n_matches: int
    last_match_at: datetime | None


class ItemPatch(Value):
    """What can change of an item; absent fields stay. `quarantined` can only be false: it releases the item."""

    note: Line = ""
    labels: Labels = ()
    enabled: bool = True
    quarantined: Literal[False] = False
