"""Golden items: decisions whose right answer is known, mixed in unseen, so that reviewers can be measured.

Only a decision that was in the queue can be golden: any other would be recognised. A golden item is given to a
reviewer once, never while its own review still waits, and never to somebody who has judged it before; the verdict is
kept beside the expected answer and changes nothing.
"""

from collections.abc import Mapping
from typing import Final

import orjson
from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from models.contracts import Action, Category
from service.records.ledger import record_event, write_transaction
from service.records.tables import decisions
from service.reviews.desk import Desk, conflict, not_found
from service.reviews.labelling import Said, write_labels
from service.reviews.recorded import recorded_one
from service.reviews.reviewer import Reviewer
from service.reviews.tables import golden_items, review_verdicts, reviews
from service.reviews.values import DECIDING, FIRST_LEVEL, Labels, LabelSource, LabelValue, Purpose, ReviewState

_CANDIDATES: Final = 200
_COPIED: Final = (
    "decision_id",
    "tenant",
    "surface",
    "action",
    "category",
    "severity",
    "uncertainty",
    "reach",
    "user_reports",
    "created_at_us",
    "queue_rank",
)


def mark_golden(
    desk: Desk, reviewer: Reviewer, tenant: str | None, decision_id: str, labels: Labels, action: Action | None
) -> int:
    """Say what the right answer is; an earlier answer is replaced. Returns when, in microseconds since 1970.

    Raises:
        RequestError: No such decision (404), or it was never in the queue (409).

    """
    at_us = desk.now_us()
    with write_transaction(desk.database) as connection:
        decision = recorded_one(connection, decision_id, tenant)
        if decision is None:
            raise not_found("decision")
        queued = (reviews.c.decision_id == decision_id) & reviews.c.purpose.in_(DECIDING)
        if connection.execute(select(reviews.c.review_id).where(queued)).first() is None:
            raise conflict(
                "never_queued", "only a decision that was in the review queue can be golden: others would be recognised"
            )
        connection.execute(delete(golden_items).where(golden_items.c.decision_id == decision_id))
        row = {
            "decision_id": decision_id,
            "tenant": decision.tenant,
            "action": None if action is None else action.value,
            "labels": written(labels),
            "marked_by": reviewer.name,
            "at_us": at_us,
        }
        connection.execute(golden_items.insert().values(row))
        write_labels(desk, connection, decision, Said(reviewer.name, LabelSource.GOLDEN, at_us, labels))
        record_event(connection, "golden.marked", reviewer.actor, decision.tenant, {"decision_id": decision_id})
    return at_us


def unmark_golden(desk: Desk, reviewer: Reviewer, tenant: str | None, decision_id: str) -> None:
    """Stop mixing an item in; verdicts on it are kept.

    Raises:
        RequestError: It is not golden (404).

    """
    with write_transaction(desk.database) as connection:
        mine = and_(golden_items.c.decision_id == decision_id, *_of(tenant))
        found = connection.execute(select(golden_items.c.tenant).where(mine)).scalar()
        if found is None:
            raise not_found("golden item")
        connection.execute(delete(golden_items).where(golden_items.c.decision_id == decision_id))
        record_event(connection, "golden.unmarked", reviewer.actor, found, {"decision_id": decision_id})


def golden_for(
    desk: Desk, connection: Connection, reviewer: Reviewer, tenant: str | None, n_items: int
) -> list[tuple[str, str]]:
    """Ids of golden decisions that a reviewer has not seen, and of their new places in the queue."""
    pending = [ReviewState.OPEN.value, ReviewState.ESCALATED.value, ReviewState.CLAIMED.value]
    same = reviews.c.decision_id == golden_items.c.decision_id
    waits = select(reviews.c.review_id).where(
        same, reviews.c.purpose != Purpose.GOLDEN.value, reviews.c.state.in_(pending)
    )
    given = select(reviews.c.review_id).where(
        same, reviews.c.for_reviewer == reviewer.name, reviews.c.state != ReviewState.OPEN.value
    )
    judged = select(review_verdicts.c.verdict_id).where(
        review_verdicts.c.decision_id == golden_items.c.decision_id, review_verdicts.c.reviewer == reviewer.name
    )
    known = select(decisions.c.decision_id).where(decisions.c.decision_id == golden_items.c.decision_id)
    unseen = [~waits.exists(), ~given.exists(), ~judged.exists(), known.exists(), *_of(tenant)]
    query = select(golden_items.c.decision_id).where(*unseen).order_by(golden_items.c.at_us.desc()).limit(_CANDIDATES)
    candidates = list(connection.execute(query).scalars())
    chosen = desk.random.sample(candidates, min(n_items, len(candidates)))
    return [(decision_id, _place(desk, connection, reviewer, decision_id)) for decision_id in chosen]


def _place(desk: Desk, connection: Connection, reviewer: Reviewer, decision_id: str) -> str:
    """The id of the reviewer's own row in the queue, made unless it was given before and came back."""
    mine = and_(reviews.c.decision_id == decision_id, reviews.c.purpose == Purpose.GOLDEN.value)
    own = connection.execute(select(reviews.c.review_id).where(mine, reviews.c.for_reviewer == reviewer.name)).scalar()
    if own is not None:
        return str(own)
    original = and_(reviews.c.decision_id == decision_id, reviews.c.purpose.in_(DECIDING))
    found = connection.execute(select(*(reviews.c[name] for name in _COPIED)).where(original)).one()
    review_id = desk.new_id()
    fixed = {"review_id": review_id, "purpose": Purpose.GOLDEN.value, "for_reviewer": reviewer.name}
    state = {"state": ReviewState.OPEN.value, "level": FIRST_LEVEL}
    connection.execute(reviews.insert().values({**found._asdict(), **fixed, **state}))
    return review_id


def count_golden(connection: Connection, tenant: str | None) -> int:
    """How many items are golden."""
    return int(connection.execute(select(func.count()).select_from(golden_items).where(*_of(tenant))).scalar_one())


def written(labels: Mapping[Category, LabelValue]) -> str:
    """Labels as JSON."""
    return orjson.dumps({category.value: value.value for category, value in labels.items()}).decode()


def _of(tenant: str | None) -> list[ColumnElement[bool]]:
    return [] if tenant is None else [golden_items.c.tenant == tenant]
