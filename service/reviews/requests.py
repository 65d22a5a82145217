"""Requests: bodies of the review, appeal and label routes."""

from typing import Annotated, Literal

from pydantic import Field

from models.contracts import Action, Category
from models.contracts.base import Value
from models.contracts.context import TenantName
from service.reviews.cursors import Cursor
from service.reviews.values import (
    FIRST_LEVEL,
    MAX_PAGE,
    AppealState,
    Labels,
    LabelValue,
    Level,
    Line,
    ReviewerName,
    ReviewOrder,
    ReviewState,
    Statement,
    SurfaceName,
    UuidText,
    VerdictKind,
)

LeaseSeconds = Annotated[int, Field(strict=True, ge=10, le=86_400)]
DEFAULT_LEASE_S = 600
KnownLabels = Annotated[dict[Category, Literal[LabelValue.YES, LabelValue.NO]], Field(max_length=len(Category))]
SpokenAuthor = Annotated[str, Field(min_length=1, max_length=128)]


class ReviewQuery(Value):
    """Which items of the queue to list, in which order; what is not given lists all."""

    state: ReviewState | None = None
    category: Category | None = None
    surface: SurfaceName | None = None
    action: Action | None = None
    tenant: TenantName | None = None
    order: ReviewOrder = ReviewOrder.PRIORITY
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50
    cursor: Cursor | None = None


class ReviewClaim(Value):
    """Which items to take; `n` at most, for `lease_s` seconds. `reviewer` names the person behind a shared key."""

    n: Annotated[int, Field(strict=True, ge=1, le=50)] = 1
    lease_s: LeaseSeconds = DEFAULT_LEASE_S
    level: Level = FIRST_LEVEL
    tenant: TenantName | None = None
    surface: SurfaceName | None = None
    category: Category | None = None
    action: Action | None = None
    reviewer: ReviewerName | None = None


class LeaseRenewal(Value):
    """Hold an item for `lease_s` more seconds from now."""

    lease: UuidText
    lease_s: LeaseSeconds = DEFAULT_LEASE_S


class LeaseRelease(Value):
    """Give an item back."""

    lease: UuidText


class ReviewVerdict(Value):
    """A verdict on an item that one holds. `action` is given with `change`, and only then."""

    lease: UuidText
    verdict: VerdictKind
    action: Action | None = None
    labels: Labels = Field(default_factory=dict)
    note: Line | None = None


class ReviewRelabelling(Value):
    """What an item shows, said after its verdict."""

    labels: Annotated[Labels, Field(min_length=1)]
    note: Line | None = None
    reviewer: ReviewerName | None = None


class ReviewEscalation(Value):
    """Hand an item that one holds to the second level."""

    lease: UuidText
    reason: Line


class AppealRequest(Value):
    """An author's appeal against a decision.

    Attributes:
        author_id: must be the author that the decision was asked for, where it is given.
        statement: kept only where the deployment keeps content.

    """

    decision_id: UuidText
    author_id: SpokenAuthor | None = None
    statement: Statement | None = None


class AppealRuling(Value):
    """How an appeal ends, and what the author is told. `action` is given with `changed`, and only then."""

    outcome: Literal[AppealState.UPHELD, AppealState.OVERTURNED, AppealState.CHANGED]
    message: Line
    action: Action | None = None
    labels: Labels = Field(default_factory=dict)
    note: Line | None = None
    reviewer: ReviewerName | None = None


class GoldenMark(Value):
    """The known answer of an item: labels, an action, or both."""

    decision_id: UuidText
    labels: KnownLabels = Field(default_factory=dict)
    action: Action | None = None
    reviewer: ReviewerName | None = None
