"""Reading: the queue and its items, as reviewers see them.

Who holds a golden item or gives a second opinion sees an item like any other: claimed, and without what others said.
"""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, select, tuple_

from models.contracts import Category
from service.reviews.content import kept_content
from service.reviews.cursors import decode, encode
from service.reviews.desk import Desk, not_found
from service.reviews.leases import Claimed, settle, visible
from service.reviews.priority import priority
from service.reviews.recorded import Recorded, recorded
from service.reviews.requests import ReviewQuery
from service.reviews.tables import appeals, review_verdicts, reviews
from service.reviews.values import DECIDING, SECOND_LEVEL, Purpose, ReviewOrder, ReviewState
from service.reviews.views import (
    AppealView,
    ClaimedReview,
    DecisionOnRecord,
    ReviewContent,
    ReviewDetail,
    ReviewPage,
    ReviewSummary,
    VerdictView,
    moment,
)

_COUNTING: Final = (Purpose.REVIEW.value, "appeal")
_MEASURING: Final = (Purpose.SECOND.value, Purpose.GOLDEN.value)


def page(desk: Desk, tenant: str | None, asked: ReviewQuery) -> ReviewPage:
    """Some items of the queue. `tenant` bounds what the principal may see, `asked` what it asks for."""
    now_us, order, limit = desk.now_us(), asked.order, asked.limit
    settle(desk, now_us)
    # not `=`, which would make SQLite sort the whole queue by way of an index on the purpose
    conditions = [visible(tenant), visible(asked.tenant), reviews.c.purpose.not_in(_MEASURING)]
    if asked.state is not None:
        conditions.append(reviews.c.state == asked.state.value)
    for column, value in (
        (reviews.c.surface, asked.surface),
        (reviews.c.category, asked.category),
        (reviews.c.action, asked.action),
    ):
        if value is not None:
            conditions.append(column == str(value))
    key = reviews.c.queue_rank if order is ReviewOrder.PRIORITY else reviews.c.created_at_us
    if asked.cursor is not None:
        last, last_id = decode(asked.cursor, float if order is ReviewOrder.PRIORITY else int, str)
        conditions.append(tuple_(key, reviews.c.review_id) < tuple_(last, last_id))
    query = select(reviews).where(*conditions).order_by(key.desc(), reviews.c.review_id.desc()).limit(limit + 1)
    with desk.database.connect() as connection:
        rows = connection.execute(query).all()
        said = _verdicts(connection, [row.decision_id for row in rows])
    items = [ReviewSummary(**_summary(row, said.get(row.decision_id, []), now_us)) for row in rows[:limit]]
    more = len(rows) > limit
    return ReviewPage(
        items=items, next=encode(getattr(rows[limit - 1], key.name), rows[limit - 1].review_id) if more else None
    )


def detail(desk: Desk, actor: str, tenant: str | None, decision_id: str) -> ReviewDetail:
    """One item with its history.

    Raises:
        RequestError: No such review (404).

    """
    now_us = desk.now_us()
    with desk.database.connect() as connection:
        mine = (reviews.c.decision_id == decision_id) & visible(tenant)
        rows = connection.execute(select(reviews).where(mine)).all()
        found = recorded(connection, [decision_id])
        if not rows or decision_id not in found:
            raise not_found("review")
        blind = [row for row in rows if _is_blind(row, actor, now_us)]
        row = blind[0] if blind else next((row for row in rows if row.purpose in DECIDING), rows[0])
        fields = _details(connection, [row], found, now_us)[0]
    return ReviewDetail(**fields)


def claimed_details(desk: Desk, claimed: Sequence[Claimed]) -> list[ClaimedReview]:
    """The items of some leases, in their order, with everything that a reviewer needs."""
    with desk.database.connect() as connection:
        ids = [lease.review_id for lease in claimed]
        by_lease = {
            row.lease_id: row for row in connection.execute(select(reviews).where(reviews.c.review_id.in_(ids)))
        }
        rows = [by_lease[lease.lease_id] for lease in claimed if lease.lease_id in by_lease]
        found = recorded(connection, [row.decision_id for row in rows])
        rows = [row for row in rows if row.decision_id in found]
        fields = _details(connection, rows, found, desk.now_us())
    return [ClaimedReview(**entry, lease=row.lease_id) for entry, row in zip(fields, rows, strict=True)]


def state_now(row: Row[Any], now_us: int) -> ReviewState:
    """The state of a row now: a claim whose lease ran out is none."""
    state = ReviewState(row.state)
    if state is ReviewState.CLAIMED and row.lease_until_us < now_us:
        return ReviewState.ESCALATED if row.level == SECOND_LEVEL else ReviewState.OPEN
    return state


def appeal_view(row: Row[Any]) -> AppealView:
    """One row of the appeals."""
    return AppealView(
        appeal_id=row.appeal_id,
        decision_id=row.decision_id,
        tenant=row.tenant,
        state=row.state,
        has_statement=row.has_statement,
        statement=row.statement,
        opened_at=moment(row.opened_at_us),
        action=row.outcome_action,
        message=row.message,
        decided_by=row.decided_by,
        decided_at=None if row.decided_at_us is None else moment(row.decided_at_us),
    )


def _is_blind(row: Row[Any], actor: str, now_us: int) -> bool:
    is_held = row.state == ReviewState.CLAIMED.value and row.lease_until_us >= now_us
    return bool(row.purpose not in DECIDING and is_held and row.lease_actor == actor)


def _verdicts(connection: Connection, decision_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """What was said of decisions, the oldest first; answers to golden items stay out."""
    mine = review_verdicts.c.decision_id.in_(decision_ids) & (review_verdicts.c.source != Purpose.GOLDEN.value)
    query = select(review_verdicts).where(mine).order_by(review_verdicts.c.at_us, review_verdicts.c.verdict_id)
    found: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.decision_id, []).append(row)
    return found


def _summary(row: Row[Any], said: Sequence[Row[Any]], now_us: int) -> dict[str, Any]:
    standing = [entry.action for entry in said if entry.source in _COUNTING]
    state = state_now(row, now_us)
    is_claimed = state is ReviewState.CLAIMED
    return {
        "decision_id": row.decision_id,
        "tenant": row.tenant,
        "surface": row.surface,
        "state": state,
        "level": row.level,
        "priority": priority(row.queue_rank, now_us),
        "category": row.category,
        "severity": row.severity,
        "uncertainty": row.uncertainty,
        "reach": row.reach,
        "user_reports": row.user_reports,
        "action": row.action,
        "standing_action": standing[-1] if standing else row.action,
        "created_at": moment(row.created_at_us),
        "decided_at": None if row.decided_at_us is None else moment(row.decided_at_us),
        "claimed_by": row.lease_reviewer if is_claimed else None,
        "claimed_until": moment(row.lease_until_us) if is_claimed else None,
    }


def _details(
    connection: Connection, rows: Sequence[Row[Any]], found: dict[str, Recorded], now_us: int
) -> list[dict[str, Any]]:
    open_ids = [row.decision_id for row in rows if row.purpose in DECIDING]
    said, contents = _verdicts(connection, open_ids), kept_content(connection, [row.decision_id for row in rows])
    appealed = select(appeals).where(appeals.c.decision_id.in_(open_ids)).order_by(appeals.c.appeal_id)
    appeal_rows = connection.execute(appealed).all()
    result = []
    for row in rows:
        decision, content, verdicts = (
            found[row.decision_id],
            contents.get(row.decision_id),
            said.get(row.decision_id, []),
        )
        of_item = [entry for entry in appeal_rows if entry.decision_id == row.decision_id]
        if row.purpose not in DECIDING:
            of_item = []
        result.append(
            _summary(row, verdicts if row.purpose in DECIDING else [], now_us)
            | {
                "content_id": decision.content_id,
                "content": None if content is None else ReviewContent(text=content.text, n_images=content.n_images),
                "decision": _on_record(decision),
                "escalation": row.escalation,
                "verdicts": [_verdict_view(entry) for entry in verdicts],
                "appeals": [appeal_view(entry) for entry in of_item],
            }
        )
    return result


def _on_record(decision: Recorded) -> DecisionOnRecord:
    return DecisionOnRecord(
        action=decision.action,
        review=decision.review,
        flagged=decision.flagged,
        modalities=[name for name in decision.modalities.split(",") if name],
        scores={Category(name): prob for name, prob in decision.scores.items()},
        reasons=decision.reasons,
        context=decision.context,
        policy_name=decision.policy_name,
        policy_version=decision.policy_version,
        bundles=decision.bundles,
    )


def _verdict_view(row: Row[Any]) -> VerdictView:
    return VerdictView(
        source=row.source,
        verdict=row.verdict,
        action=row.action,
        labels=orjson.loads(row.labels),
        reviewer=row.reviewer,
        level=row.level,
        note=row.note,
        at=moment(row.at_us),
    )
