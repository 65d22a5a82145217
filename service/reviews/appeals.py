"""Appeals: an author disagrees, and a person who was not there before looks again.

    none --open--> open --decide--> upheld | overturned | changed

A decision has at most one open appeal; after it is decided, another may be opened against what then stands.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, select, update
from sqlalchemy.exc import IntegrityError

from models.contracts import Action
from service.access.principal import Principal
from service.errors import invalid
from service.records.ledger import write_transaction
from service.reviews.desk import Desk, conflict, not_found
from service.reviews.outcomes import OutcomeKind
from service.reviews.recorded import Recorded, recorded_one
from service.reviews.reviewer import Reviewer
from service.reviews.tables import appeals, review_verdicts, reviews
from service.reviews.values import DECIDING, AppealState, Labels, LabelSource, Purpose, ReviewState, VerdictKind
from service.reviews.verdicts import Judged, Spoken, keep_verdict, resulting_action, standing_action

_VERDICTS: Final = {
    AppealState.UPHELD: VerdictKind.UPHOLD,
    AppealState.OVERTURNED: VerdictKind.OVERTURN,
    AppealState.CHANGED: VerdictKind.CHANGE,
}


@dataclass(frozen=True, slots=True)
class Grievance:
    """What an appeal is about, as the product team posts it for the author.

    Attributes:
        author_id: the caller's own name for the author; None where the caller vouches for it.

    """

    decision_id: str
    statement: str | None = None
    author_id: str | None = None


@dataclass(frozen=True, slots=True)
class AppealVerdict:
    """How an appeal ends. `action` is given with `changed`, and only then."""

    outcome: AppealState
    message: str
    labels: Labels
    action: Action | None = None
    note: str | None = None


def open_appeal(desk: Desk, principal: Principal, grievance: Grievance) -> str:
    """Open an appeal; returns its id.

    Raises:
        RequestError: No such decision, or not by this author (404), nothing to appeal, or one is open (409).

    """
    appeal_id, at_us = desk.new_id(), desk.now_us()
    keeps = desk.keeping.is_on
    try:
        with write_transaction(desk.database) as connection:
            decision = recorded_one(connection, grievance.decision_id, principal.tenant)
            if decision is None:
                raise not_found("decision")
            _check_author(desk, decision, grievance.author_id)
            if standing_action(connection, decision) is Action.ALLOW:
                raise conflict("nothing_to_appeal", "the item is allowed: there is nothing to appeal")
            row = {
                "appeal_id": appeal_id,
                "decision_id": decision.decision_id,
                "open_decision_id": decision.decision_id,
                "tenant": decision.tenant,
                "state": AppealState.OPEN.value,
                "has_statement": grievance.statement is not None,
                "statement": grievance.statement if keeps else None,
                "opened_by": principal.actor,
                "opened_at_us": at_us,
            }
            connection.execute(appeals.insert().values(row))
            payload: dict[str, object] = {"appeal_id": appeal_id, "has_statement": grievance.statement is not None}
            desk.tell(connection, OutcomeKind.APPEAL_OPENED, principal.actor, decision, payload)
    except IntegrityError:
        raise conflict("appeal_open", "an appeal against this decision is open already") from None
    return appeal_id


def decide_appeal(desk: Desk, reviewer: Reviewer, tenant: str | None, appeal_id: str, verdict: AppealVerdict) -> Action:
    """End an appeal; returns the action that stands now.

    Raises:
        RequestError: No such appeal (404), it is decided, or the reviewer judged the item before (409), or the action
            does not fit the outcome (400).

    """
    with write_transaction(desk.database) as connection:
        mine = (appeals.c.appeal_id == appeal_id) & of_tenant(tenant)
        appeal = connection.execute(select(appeals).where(mine).with_for_update()).first()
        decision = None if appeal is None else recorded_one(connection, appeal.decision_id, tenant)
        if appeal is None or decision is None:
            raise not_found("appeal")
        if appeal.state != AppealState.OPEN.value:
            raise conflict("appeal_decided", "the appeal is decided; the author may open another")
        if any(reviewer.may_be(name) for name in _judges(connection, decision.decision_id)):
            raise conflict(
                "same_reviewer",
                "an appeal is decided by somebody who has not judged the item; where a key is shared, "
                "`reviewer` says who it is",
            )
        before = standing_action(connection, decision)
        judged = Judged(_VERDICTS[verdict.outcome], verdict.labels, verdict.action, verdict.note)
        action, at_us = resulting_action(judged, before), desk.now_us()
        spoken = Spoken(decision, reviewer, LabelSource.APPEAL.value, at_us)
        keep_verdict(desk, connection, spoken, judged, action)
        _close(connection, appeal, reviewer, verdict, action, at_us)
        payload: dict[str, object] = {
            "appeal_id": appeal_id,
            "outcome": verdict.outcome.value,
            "action_before": before.value,
            "action": action.value,
        }
        desk.tell(connection, OutcomeKind.APPEAL_DECIDED, reviewer.actor, decision, payload)
    return action


def of_tenant(tenant: str | None) -> ColumnElement[bool]:
    """Appeals that a principal of this tenant may see."""
    return appeals.c.appeal_id.is_not(None) if tenant is None else appeals.c.tenant == tenant


def _check_author(desk: Desk, decision: Recorded, author_id: str | None) -> None:
    if author_id is None:
        return
    try:
        is_author = decision.subject == desk.subject(author_id)
    except UnicodeEncodeError:
        raise invalid("invalid_text", "author_id is not valid Unicode", "author_id") from None
    if not is_author:
        raise not_found("decision by this author")


def _judges(connection: Connection, decision_id: str) -> list[str]:
    """Who has judged an item for what stands, and whose verdict an appeal therefore is not theirs to decide."""
    sources = (Purpose.REVIEW.value, LabelSource.APPEAL.value)
    counts = (review_verdicts.c.decision_id == decision_id) & review_verdicts.c.source.in_(sources)
    return list(connection.execute(select(review_verdicts.c.reviewer).where(counts)).scalars())


def _close(
    connection: Connection, appeal: Row[Any], reviewer: Reviewer, verdict: AppealVerdict, action: Action, at_us: int
) -> None:
    """End the appeal, and the review of the same item that still waits: a person has looked."""
    ended = {
        "state": verdict.outcome.value,
        "open_decision_id": None,
        "outcome_action": action.value,
        "message": verdict.message,
        "decided_by": reviewer.name,
        "decided_at_us": at_us,
    }
    connection.execute(update(appeals).where(appeals.c.appeal_id == appeal.appeal_id).values(ended))
    undecided = [ReviewState.OPEN.value, ReviewState.ESCALATED.value, ReviewState.CLAIMED.value]
    waits = (reviews.c.decision_id == appeal.decision_id) & reviews.c.purpose.in_(DECIDING)
    free = dict.fromkeys(("lease_id", "lease_actor", "lease_reviewer", "lease_until_us"))
    closed = free | {"state": ReviewState.DECIDED.value, "decided_at_us": at_us}
    connection.execute(update(reviews).where(waits, reviews.c.state.in_(undecided)).values(closed))
