"""Wire types of the routes under `/v1/policies`."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from models.contracts import Action
from models.contracts.base import Value
from service.rollout.shadow_store import ShadowReport
from service.rollout.standing import EVERYBODY, ActivationKind, Standing
from service.rollout.values import Activation, ShadowSetting, StoredPolicy

MAX_POLICY_CHARS: Final = 1_000_000
_NO_NUL: Final = r"^[^\x00]*$"  # Postgres stores no NUL in a text
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Version = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
ShadowName = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{12}|[0-9a-f]{64})$")]
PolicyText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_POLICY_CHARS, pattern=_NO_NUL)]
Comment = Annotated[str, StringConstraints(max_length=1_000, pattern=_NO_NUL)]
Percent = Annotated[int, Field(ge=1, le=EVERYBODY)]
Share = Annotated[float, Field(gt=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]


class PolicyDraft(Value):
    """A policy to store. `text` is a whole policy file; entries of lists stand in it."""

    text: PolicyText


class ActivationRequest(Value):
    """For how many of 100 tenants a policy is to decide, and why: the reason is kept in the audit log."""

    percent: Percent = EVERYBODY
    reason: Comment = ""


class RollbackRequest(Value):
    """Why what was activated last is taken back."""

    reason: Comment = ""


class ShadowRequest(Value):
    """A stored policy that is to run beside what decides, for a share of decisions."""

    version: Version
    share: Share = 1.0


class PolicyRole(StrEnum):
    """What a stored policy does now."""

    ACTIVE = "active"
    """It decides for everybody whom a candidate does not."""
    CANDIDATE = "candidate"
    """It decides for its share of tenants."""
    INACTIVE = "inactive"


class PolicySummary(Value):
    """A stored policy without its text."""

    version: str
    name: str
    role: PolicyRole
    created_at: datetime
    created_by: str


class PolicyDetail(PolicySummary):
    """A stored policy."""

    text: str


class PoliciesResponse(Value):
    """All stored policies, the newest first, and who decides.

    Attributes:
        active: null before the first activation.
        candidate: of a staged rollout; null outside of one.
        percent: of tenants that the candidate decides for.

    """

    policies: list[PolicySummary]
    active: str | None
    candidate: str | None
    percent: Annotated[int, Field(ge=0, le=EVERYBODY)]


class ActivationEntry(Value):
    """One change of who decides."""

    id: Count
    kind: ActivationKind
    version: str
    previous_version: str | None
    percent: Percent
    at: datetime
    actor: str
    reason: str


class HistoryResponse(Value):
    """A page of activations, the newest first. `next_before` asks for the next page; null on the last one."""

    activations: list[ActivationEntry]
    next_before: Count | None


class ShadowResponse(Value):
    """The policy that runs beside what decides."""

    version: str
    share: Share
    set_at: datetime
    set_by: str


class ActionPairEntry(Value):
    """How many decisions had one action, and would have had another."""

    active: Action
    shadow: Action
    n_decisions: Count


class ShadowReportResponse(Value):
    """What a shadow would have done differently.

    Attributes:
        shadow: the version of a policy, or the digest of a bundle.
        since: the first decision that it ran beside; null when there is none yet.
        n_changed: decisions whose action would have been another.
        n_reviews_added: decisions that only the shadow would have put before a person.
        n_reviews_removed: decisions that only what decided did.
        actions: every pair that occurred, the most frequent first.

    """

    shadow: str
    since: datetime | None
    until: datetime | None
    n_decisions: Count
    n_changed: Count
    n_reviews_added: Count
    n_reviews_removed: Count
    actions: list[ActionPairEntry]


def moment(at_us: int) -> datetime:
    """Microseconds since 1970 as a time, exactly."""
    return _EPOCH + timedelta(microseconds=at_us)


def role(version: str, standing: Standing) -> PolicyRole:
    """What a policy does now."""
    if version == standing.candidate:
        return PolicyRole.CANDIDATE
    return PolicyRole.ACTIVE if version == standing.base else PolicyRole.INACTIVE


def summary(policy: StoredPolicy, standing: Standing) -> PolicySummary:
    """Without the text."""
    return PolicySummary.model_validate(_fields(policy, standing))


def detail(policy: StoredPolicy, standing: Standing) -> PolicyDetail:
    """With it."""
    return PolicyDetail.model_validate(_fields(policy, standing) | {"text": policy.text})


def entry(activation: Activation) -> ActivationEntry:
    """One change, for the wire."""
    return ActivationEntry(
        id=activation.id,
        kind=activation.kind,
        version=activation.version,
        previous_version=activation.previous_version,
        percent=activation.percent,
        at=moment(activation.at_us),
        actor=activation.actor,
        reason=activation.reason,
    )


def shadow(setting: ShadowSetting) -> ShadowResponse:
    """What runs beside, for the wire."""
    return ShadowResponse(
        version=setting.target, share=setting.share, set_at=moment(setting.set_at_us), set_by=setting.set_by
    )


def shadow_report(report: ShadowReport) -> ShadowReportResponse:
    """The report, for the wire."""
    return ShadowReportResponse(
        shadow=report.shadow,
        since=None if report.first_at_us is None else moment(report.first_at_us),
        until=None if report.last_at_us is None else moment(report.last_at_us),
        n_decisions=report.n_decisions,
        n_changed=report.n_changed,
        n_reviews_added=report.n_reviews_added,
        n_reviews_removed=report.n_reviews_removed,
        actions=[
            ActionPairEntry(active=Action(pair.active), shadow=Action(pair.shadow), n_decisions=pair.n_decisions)
            for pair in report.actions
        ],
    )


def _fields(policy: StoredPolicy, standing: Standing) -> dict[str, object]:
    return {
        "version": policy.version,
        "name": policy.name,
        "role": role(policy.version, standing),
        "created_at": moment(policy.created_at_us),
        "created_by": policy.created_by,
    }
