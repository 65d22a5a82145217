"""Views: what the routes answer."""

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from models.contracts import Action, Category
from models.contracts.base import Value
from service.reviews.values import (
    AppealState,
    LabelSource,
    LabelValue,
    ReviewState,
    VerdictKind,
)


def moment(at_us: int) -> datetime:
    """Microseconds since 1970 as UTC."""
    return datetime.fromtimestamp(at_us / 1e6, UTC)


class ReviewSummary(Value):
    """One item of the queue.

    Attributes:
        priority: now; the formula is in the documents.
        action: of the decision on record.
        standing_action: what holds now, after verdicts and appeals.
        category: the harm that weighs most; None where no harm was scored.
        severity: 0, 2, 4 or 6.
        uncertainty: 0 (certain) to 1 (at a threshold).
        level: 2 after an escalation.
        claimed_by: who holds it now.

    """

    decision_id: str
    tenant: str
    surface: str
    state: ReviewState
    level: int
    priority: float
    category: Category | None
    severity: int
    uncertainty: float
    reach: int
    user_reports: int
    action: Action
    standing_action: Action
    created_at: datetime
    decided_at: datetime | None
    claimed_by: str | None
    claimed_until: datetime | None


class ReviewPage(Value):
    """Some items of the queue; `next` is the cursor of the following page, None on the last one."""

    items: list[ReviewSummary]
    next: str | None


class DecisionOnRecord(Value):
    """The decision as it was made; it never changes."""

    action: Action
    review: bool
    flagged: bool
    modalities: list[str]
    scores: dict[Category, float]
    reasons: list[dict[str, Any]]
    context: dict[str, Any] | None
    policy_name: str
    policy_version: str
    bundles: list[dict[str, str]]


class ReviewContent(Value):
    """What the deployment keeps for reviewers; images are under `/v1/reviews/{decision_id}/images/{position}`."""

    text: str | None
    n_images: int


class VerdictView(Value):
    """What one person said. `verdict` and `action` are None for a relabelling."""

    source: str
    verdict: VerdictKind | None
    action: Action | None
    labels: dict[Category, LabelValue]
    reviewer: str
    level: int
    note: str | None
    at: datetime


class AppealView(Value):
    """One appeal.

    Attributes:
        has_statement: the author said something; `statement` has it where the deployment keeps content.
        action: what stands after it; None while it is open.
        message: to the author.
        decided_by: the reviewer; None while it is open, and for whoever may not review.

    """

    appeal_id: str
    decision_id: str
    tenant: str
    state: AppealState
    has_statement: bool
    statement: str | None
    opened_at: datetime
    action: Action | None
    message: str | None
    decided_by: str | None
    decided_at: datetime | None


class ReviewDetail(ReviewSummary):
    """One item with the decision on record and what people said of it since."""

    content_id: str | None
    content: ReviewContent | None
    decision: DecisionOnRecord
    escalation: str | None
    verdicts: list[VerdictView]
    appeals: list[AppealView]


class ClaimedReview(ReviewDetail):
    """One item with the lease that holds it."""

    lease: str


class ClaimedReviews(Value):
    """What was claimed; fewer than asked for when the queue has no more."""

    items: list[ClaimedReview]


class LeaseView(Value):
    """A lease and when it ends."""

    lease: str
    until: datetime


class Standing(Value):
    """What stands now."""

    decision_id: str
    action: Action


class ReviewStats(Value):
    """The queue at a glance; golden items and second opinions are not counted.

    Attributes:
        states: items by state.
        oldest_age_s: of the item that has waited longest; None when none waits.
        median_age_s: of the items that wait.
        decided_last_hour: throughput: verdicts that count, in the last hour.
        decided_last_day: in the last 24 hours.
        open_appeals: appeals that wait.

    """

    states: dict[ReviewState, int]
    oldest_age_s: float | None
    median_age_s: float | None
    decided_last_hour: int
    decided_last_day: int
    open_appeals: int


class AppealPage(Value):
    """Some appeals, the newest first; `next` is the cursor of the following page."""

    items: list[AppealView]
    next: str | None


class LabelView(Value):
    """One label with its provenance.

    Attributes:
        derived: it follows from a verdict; nobody named the category.
        bundles: digests of the bundles that had scored.
        prob: the model's probability when the decision was made; None where the category was not scored.

    """

    label_id: str
    decision_id: str
    tenant: str
    category: Category
    value: LabelValue
    reviewer: str
    source: LabelSource
    derived: bool
    at: datetime
    policy_name: str
    policy_version: str
    bundles: list[str]
    prob: float | None


class LabelPage(Value):
    """Some labels, the oldest first; `next` is the cursor of the following page."""

    items: list[LabelView]
    next: str | None


class GoldenView(Value):
    """A golden item."""

    decision_id: str
    labels: dict[Category, LabelValue]
    action: Action | None
    marked_at: datetime


class ReviewerAgreement(Value):
    """How far one reviewer agrees with the known answers.

    Attributes:
        n_items: golden items judged.
        action_agreement: share of items with the expected action; None where no item expects one.
        n_labels: labels that both name.
        label_agreement: share of them that are equal.
        kappa: Cohen's kappa over them; None where it is undefined.

    """

    reviewer: str
    n_items: int
    action_agreement: float | None
    n_labels: int
    label_agreement: float | None
    kappa: float | None


class PairAgreement(Value):
    """How far reviewers agree with each other, over items that two or more have judged.

    Attributes:
        n_units: of items (for actions) or of items and categories (for labels) with at least two opinions.
        agreement: share of pairs of opinions on one unit that are equal.
        alpha: Krippendorff's alpha for nominal values; None where it is undefined.

    """

    n_units: int
    agreement: float | None
    alpha: float | None


class AgreementReport(Value):
    """How far people agree with what is known, and with each other."""

    n_golden: int
    reviewers: list[ReviewerAgreement]
    actions: PairAgreement
    labels: PairAgreement
    since: datetime | None = Field(default=None)
