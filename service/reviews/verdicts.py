"""Verdicts: what people say of a decision. The decision on record never changes; the verdict lies over it.

    open --claim--> claimed --decide--> decided --relabel--> decided
      ^                |
      |<---release-----+--escalate--> escalated --claim--> claimed (level 2)

Verdicts on golden items and second opinions are kept to measure agreement, and change nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from models.contracts import Action
from service.errors import invalid
from service.records.ledger import record_event, write_transaction
from service.reviews.desk import Desk, conflict, not_found
from service.reviews.golden import written
from service.reviews.labelling import Said, derived_labels, write_labels
from service.reviews.leases import held
from service.reviews.outcomes import OutcomeKind
from service.reviews.recorded import Recorded, recorded_one
from service.reviews.reviewer import Reviewer, named
from service.reviews.tables import review_verdicts, reviews
from service.reviews.values import (
    DECIDING,
    FIRST_LEVEL,
    SECOND_LEVEL,
    Labels,
    LabelSource,
    Purpose,
    ReviewState,
    VerdictKind,
)

_STANDING: Final = (Purpose.REVIEW.value, LabelSource.APPEAL.value)
"""Sources of verdicts that decide what stands."""
_DECIDED: Final = {
    "state": ReviewState.DECIDED.value,
    "lease_id": None,
    "lease_actor": None,
    "lease_reviewer": None,
    "lease_until_us": None,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict as the reviewer gives it. `action` is given with `change`, and only then."""

    verdict: VerdictKind
    labels: Labels
    action: Action | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """Who speaks of which decision, when, and why."""

    decision: Recorded
    reviewer: Reviewer
    source: str
    at_us: int
    level: int = FIRST_LEVEL


def decide(
    desk: Desk, reviewer: Reviewer, tenant: str | None, decision_id: str, lease_id: str, judged: Judged
) -> Action:
    """Give a verdict on an item that one holds; returns the action that the verdict asks for.

    Raises:
        RequestError: No such review (404), the lease does not hold it (409), or the action does not fit (400).

    """
    with write_transaction(desk.database) as connection:
        row = held(desk, connection, reviewer, tenant, decision_id, lease_id)
        reviewer = named(row.lease_reviewer)
        decision = recorded_one(connection, decision_id, tenant)
        if decision is None:
            raise not_found("decision")
        before = standing_action(connection, decision) if row.purpose in DECIDING else decision.action
        action = resulting_action(judged, before)
        at_us = desk.now_us()
        source = Purpose.REVIEW.value if row.purpose in DECIDING else row.purpose
        spoken = Spoken(decision, reviewer, source, at_us, row.level)
        keep_verdict(desk, connection, spoken, judged, action)
        connection.execute(
            update(reviews).where(reviews.c.review_id == row.review_id).values(_DECIDED | {"decided_at_us": at_us})
        )
        _follow(desk, connection, reviewer, row, decision, judged, (before, action))
    return action


def relabel(
    desk: Desk, reviewer: Reviewer, tenant: str | None, decision_id: str, labels: Labels, note: str | None
) -> None:
    """Say something else of the harms, after the verdict; what stands does not change.

    Raises:
        RequestError: No such review (404), or it is not decided (409).

    """
    with write_transaction(desk.database) as connection:
        mine = (reviews.c.decision_id == decision_id) & reviews.c.purpose.in_(DECIDING)
        state = connection.execute(select(reviews.c.state).where(mine).with_for_update()).scalar()
        decision = recorded_one(connection, decision_id, tenant)
        if state is None or decision is None:
            raise not_found("review")
        if state != ReviewState.DECIDED.value:
            raise conflict("not_decided", "only a decided review can be relabelled; claim it and decide")
        at_us = desk.now_us()
        _keep(desk, connection, Spoken(decision, reviewer, LabelSource.RELABEL.value, at_us), labels, note)
        write_labels(desk, connection, decision, Said(reviewer.name, LabelSource.RELABEL, at_us, labels))
        payload: dict[str, object] = {"categories": sorted(labels)}
        desk.tell(connection, OutcomeKind.REVIEW_RELABELLED, reviewer.actor, decision, payload)


def escalate(desk: Desk, reviewer: Reviewer, tenant: str | None, decision_id: str, lease_id: str, reason: str) -> None:
    """Hand an item that one holds to the second level.

    Raises:
        RequestError: No such review (404), or the lease does not hold it, or it is there already (409).

    """
    with write_transaction(desk.database) as connection:
        row = held(desk, connection, reviewer, tenant, decision_id, lease_id)
        reviewer = named(row.lease_reviewer)
        decision = recorded_one(connection, decision_id, tenant)
        if decision is None:
            raise not_found("decision")
        if row.level == SECOND_LEVEL:
            raise conflict("already_escalated", "the item is at the second level; there is no third")
        state = {"state": ReviewState.ESCALATED.value, "level": SECOND_LEVEL}
        if row.purpose not in DECIDING:  # measured items go no further; saying "I do not know" is an answer
            state = {"state": ReviewState.DECIDED.value}
        why = {"escalation": reason, "escalated_by": reviewer.name}
        connection.execute(update(reviews).where(reviews.c.review_id == row.review_id).values(_DECIDED | why | state))
        if row.purpose in DECIDING:
            desk.tell(connection, OutcomeKind.REVIEW_ESCALATED, reviewer.actor, decision, {"level": SECOND_LEVEL})


def resulting_action(judged: Judged, before: Action) -> Action:
    """What stands after a verdict.

    Raises:
        RequestError: An action without `change`, or `change` without one that differs (400).

    """
    if judged.verdict is not VerdictKind.CHANGE:
        if judged.action is not None:
            raise invalid("invalid_value", "an action is given with the verdict change only", "action")
        return before if judged.verdict is VerdictKind.UPHOLD else Action.ALLOW
    if judged.action is None or judged.action in (before, Action.ALLOW):
        raise invalid(
            "invalid_value",
            "change names an action other than the one that stands, and other than allow, which is overturn",
            "action",
        )
    return judged.action


def standing_action(connection: Connection, decision: Recorded) -> Action:
    """The action that holds now: of the last verdict that counts, or of the decision."""
    counts = (review_verdicts.c.decision_id == decision.decision_id) & review_verdicts.c.source.in_(_STANDING)
    newest = (review_verdicts.c.at_us.desc(), review_verdicts.c.verdict_id.desc())
    found = connection.execute(select(review_verdicts.c.action).where(counts).order_by(*newest).limit(1)).scalar()
    return decision.action if found is None else Action(found)


def keep_verdict(desk: Desk, connection: Connection, spoken: Spoken, judged: Judged, action: Action) -> None:
    """Write a verdict down, and the labels that follow from it unless it only measures the reviewer."""
    _keep(
        desk, connection, spoken, judged.labels, judged.note, {"verdict": judged.verdict.value, "action": action.value}
    )
    if spoken.source != Purpose.GOLDEN.value:
        kind = LabelSource.APPEAL if spoken.source == LabelSource.APPEAL.value else LabelSource.REVIEW
        derived = derived_labels(spoken.decision, judged.verdict, judged.labels)
        said = Said(spoken.reviewer.name, kind, spoken.at_us, judged.labels, derived)
        write_labels(desk, connection, spoken.decision, said)


def _keep(
    desk: Desk,
    connection: Connection,
    spoken: Spoken,
    labels: Labels,
    note: str | None,
    verdict: Mapping[str, str] = MappingProxyType({}),
) -> None:
    row = {
        "verdict_id": desk.new_id(),
        "decision_id": spoken.decision.decision_id,
        "tenant": spoken.decision.tenant,
        "source": spoken.source,
        "labels": written(labels),
        "reviewer": spoken.reviewer.name,
        "level": spoken.level,
        "note": note,
        "at_us": spoken.at_us,
        **verdict,
    }
    connection.execute(review_verdicts.insert().values(row))


def _follow(
    desk: Desk,
    connection: Connection,
    reviewer: Reviewer,
    row: Row[Any],
    decision: Recorded,
    judged: Judged,
    actions: tuple[Action, Action],
) -> None:
    """What a verdict brings about: others hear of it, and some items go to a second person."""
    if row.purpose not in DECIDING:
        payload: dict[str, object] = {"decision_id": decision.decision_id, "purpose": row.purpose}
        record_event(connection, "review.measured", reviewer.actor, decision.tenant, payload)
        return
    before, action = actions
    said = {"verdict": judged.verdict.value, "action_before": before.value, "action": action.value, "level": row.level}
    desk.tell(connection, OutcomeKind.REVIEW_DECIDED, reviewer.actor, decision, dict(said))
    if is_doubled(decision.decision_id, desk.shares.second):
        again = {
            "review_id": desk.new_id(),
            "purpose": Purpose.SECOND.value,
            "state": ReviewState.OPEN.value,
            "level": FIRST_LEVEL,
            "escalation": None,
            "escalated_by": None,
        }
        free = dict.fromkeys(("lease_id", "lease_actor", "lease_reviewer", "lease_until_us"))
        connection.execute(reviews.insert().values({**row._asdict(), **again, **free}))


def is_doubled(decision_id: str, share: float) -> bool:
    """Whether a second person judges this item: the same answer everywhere and always, for this share of all items."""
    drawn = int.from_bytes(blake2b(decision_id.encode(), digest_size=6).digest()) / 2**48
    return drawn < share
