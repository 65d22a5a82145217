"""Decisions: what is to be done with an item, why, and by which policy and models."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from models.contracts.base import Value
from models.contracts.content import ContentId
from models.contracts.evidence import Evidence
from models.contracts.failures import ItemFailure
from models.contracts.scores import CategoryScore, Probability, ScoreSource
from models.contracts.taxonomy import Category

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Action(StrEnum):
    """What to do with an item, from the mildest to the strictest."""

    ALLOW = "allow"
    LABEL = "label"
    BLUR = "blur"
    AGE_RESTRICT = "age-restrict"
    DEMOTE = "demote"
    HOLD = "hold"
    """Not shown until a person has decided."""
    REMOVE = "remove"

    @property
    def strictness(self) -> int:
        """The rung on the ladder, 0 for allow."""
        return tuple(Action).index(self)


class PolicyReference(Value):
    """The policy that decided: its name and the version of its text."""

    name: str
    version: str


class BundleReference(Value):
    """A model bundle that scored: its name, version and the digest of its manifest."""

    name: str
    version: str
    digest: Sha256


class Reason(Value):
    """One rule that fired: what it rests on, and what it asks for.

    A rule rests on a score, on known content (then `bank` names it, and `prob` and `threshold` are 1), on a list of the
    policy (`list`), or on the context alone; what it does not rest on is None.

    Attributes:
        rule: the rule's id in its policy, or `bank:<name>`.
        code: the machine-readable reason, stable over versions of a policy, such as `hate.precision`.
        category: the harm; None for a rule that is about no category.
        prob: the score that made it fire; of a combination that of its first condition on a score.
        message: for the author of the content.

    """

    rule: str
    code: str
    category: Category | None = None
    prob: Probability | None = None
    threshold: Probability | None = None
    action: Action
    message: str
    source: ScoreSource | None = None
    bank: str | None = None
    list: str | None = None


class Decision(Value):
    """The answer for one item.

    Attributes:
        decision_id: names the decision in the log (a UUID).
        content_id: the caller's name for the item, if it gave one.
        action: the strictest action among the reasons; allow when no rule fired.
        review: a person should look at it.
        flagged: any category reached its balanced operating point.
        reasons: every rule that fired, strictest first, then by probability.
        scores: one entry a category of the taxonomy, in its order.
        decided_by: the source of the reason that set the action; None when no rule fired.
        evidence: what was seen in images, and known content that matched; None when there was neither.
        policy: the policy version that decided.
        bundles: the model bundles that scored.
        decided_at: UTC.

    """

    outcome: Literal["decided"] = "decided"
    decision_id: str
    content_id: ContentId | None = None
    action: Action
    review: bool
    flagged: bool
    reasons: tuple[Reason, ...]
    scores: tuple[CategoryScore, ...]
    decided_by: ScoreSource | None = None
    evidence: Evidence | None = None
    policy: PolicyReference
    bundles: tuple[BundleReference, ...]
    decided_at: datetime


ItemOutcome = Annotated[Decision | ItemFailure, Field(discriminator="outcome")]
"""What every item gets: a decision or one typed failure."""
