"""Leases: a reviewer who claims items has them alone, for some time.

A lease is a random id that only the claimer learns. Every change asks for it, so that somebody whose lease ran out
and whose item went to another can no longer decide it. Items of a lease that ran out go back by themselves: the next
claim takes them like open ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, case, or_, select, update

from models.contracts import Action, Category
from service.records.ledger import write_transaction
from service.records.tables import decisions
from service.reviews.desk import MICRO, Desk, conflict, not_found
from service.reviews.golden import golden_for
from service.reviews.reviewer import Reviewer
from service.reviews.tables import review_verdicts, reviews
from service.reviews.values import DECIDING, FIRST_LEVEL, SECOND_LEVEL, Purpose, ReviewState

_FREE: Final[dict[str, Any]] = {
    "state": case((reviews.c.level == SECOND_LEVEL, ReviewState.ESCALATED.value), else_=ReviewState.OPEN.value),
    "lease_id": None,
    "lease_actor": None,
    "lease_reviewer": None,
    "lease_until_us": None,
}
"""What a released item looks like."""
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items a reviewer wants; None wants any."""

    level: int = FIRST_LEVEL
    tenant: str | None = None
    surface: str | None = None
    category: Category | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """One item in somebody's hands."""

    decision_id: str
    lease_id: str
    until_us: int
    review_id: str


def claim(desk: Desk, reviewer: Reviewer, wanted: Wanted, n_items: int, lease_s: int) -> list[Claimed]:
    """Take the next items, the gravest first, with golden ones in the place of some where there are any.

    On SQLite the write lock, and on Postgres locked rows that others skip, see to it that no two reviewers get the
    same item.
    """
    now_us = desk.now_us()
    until_us = now_us + lease_s * MICRO
    with write_transaction(desk.database) as connection:
        take_back(connection, now_us, desk.expiry_us)
        ids = _next(connection, reviewer, wanted, n_items)
        n_golden = sum(desk.random.random() < desk.shares.golden for _ in ids)
        golden = golden_for(desk, connection, reviewer, wanted.tenant, n_golden) if n_golden else []
        claimed = []
        for decision_id, review_id in [*golden, *ids][: len(ids)]:
            lease = Claimed(decision_id, desk.new_id(), until_us, review_id)
            connection.execute(
                update(reviews).where(reviews.c.review_id == lease.review_id).values(_held(lease, reviewer))
            )
            claimed.append(lease)
        return _by_priority(connection, claimed)


def renew(desk: Desk, reviewer: Reviewer, tenant: str | None, decision_id: str, lease_id: str, lease_s: int) -> int:
    """Hold an item for longer, from now; returns until when, in microseconds since 1970."""
    until_us = desk.now_us() + lease_s * MICRO
    with write_transaction(desk.database) as connection:
        row = held(desk, connection, reviewer, tenant, decision_id, lease_id)
        connection.execute(update(reviews).where(reviews.c.review_id == row.review_id).values(lease_until_us=until_us))
    return until_us


def release(desk: Desk, reviewer: Reviewer, tenant: str | None, decision_id: str, lease_id: str) -> None:
    """Give an item back."""
    with write_transaction(desk.database) as connection:
        row = held(desk, connection, reviewer, tenant, decision_id, lease_id)
        connection.execute(update(reviews).where(reviews.c.review_id == row.review_id).values(_FREE))


def held(
    desk: Desk, connection: Connection, reviewer: Reviewer, tenant: str | None, decision_id: str, lease_id: str
) -> Row[Any]:
    """The item that this lease holds, locked until the transaction ends.

    Raises:
        RequestError: There is no such item (404), or the lease is another's, used, or ran out (409).

    """
    mine = (reviews.c.decision_id == decision_id) & visible(tenant)
    rows = connection.execute(select(reviews).where(mine).with_for_update()).all()
    if not rows:
        raise not_found("review")
    for row in rows:
        if row.lease_id == lease_id and row.lease_actor == reviewer.actor and row.state == ReviewState.CLAIMED.value:
            if row.lease_until_us < desk.now_us():
                raise conflict("lease_expired", "the lease ran out and the item went back to the queue; claim it again")
            return row
    raise conflict("lease_lost", "this lease does not hold the item; claim it first")


def visible(tenant: str | None) -> ColumnElement[bool]:
    """Rows of the queue that a principal of this tenant may see."""
    return reviews.c.review_id.is_not(None) if tenant is None else reviews.c.tenant == tenant


def settle(desk: Desk, now_us: int) -> None:
    """Take back what is overdue before somebody looks; writes only where a lease ran out."""
    with desk.database.connect() as connection:
        is_overdue = connection.execute(select(reviews.c.review_id).where(_lapsed(now_us)).limit(1)).first() is not None
    if is_overdue:
        with write_transaction(desk.database) as connection:
            take_back(connection, now_us, desk.expiry_us)


def take_back(connection: Connection, now_us: int, expiry_us: int | None) -> None:
    """Free the items of leases that ran out, and let go of what nobody decided in time."""
    _set(connection, _lapsed(now_us), _FREE)
    if expiry_us is not None:
        undecided = reviews.c.state.in_([ReviewState.OPEN.value, ReviewState.ESCALATED.value])
        asked = reviews.c.purpose.in_([*DECIDING, Purpose.SECOND.value])
        old = reviews.c.created_at_us < now_us - expiry_us
        _set(connection, asked & undecided & old, {"state": ReviewState.EXPIRED.value})


def _set(connection: Connection, condition: ColumnElement[bool], values: dict[str, Any]) -> None:
    """Update a batch of rows that nobody else has locked, so that two claims never wait for each other."""
    found = select(reviews.c.review_id).where(condition).limit(_BATCH).with_for_update(skip_locked=True)
    ids = connection.execute(found).scalars().all()
    if ids:
        connection.execute(update(reviews).where(reviews.c.review_id.in_(ids)).values(values))


def _lapsed(now_us: int) -> ColumnElement[bool]:
    return and_(reviews.c.state == ReviewState.CLAIMED.value, reviews.c.lease_until_us < now_us)


def _next(connection: Connection, reviewer: Reviewer, wanted: Wanted, n_items: int) -> Sequence[tuple[str, str]]:
    """Ids of decisions and of their places in the queue; a second opinion never goes to whoever gave the first."""
    free = ReviewState.OPEN if wanted.level == FIRST_LEVEL else ReviewState.ESCALATED
    said = select(review_verdicts.c.verdict_id).where(
        review_verdicts.c.decision_id == reviews.c.decision_id, review_verdicts.c.reviewer == reviewer.name
    )
    conditions = [
        reviews.c.state == free.value,
        reviews.c.level == wanted.level,
        reviews.c.purpose != Purpose.GOLDEN.value,
        or_(reviews.c.purpose.in_(DECIDING), ~said.exists()),
        select(decisions.c.decision_id).where(decisions.c.decision_id == reviews.c.decision_id).exists(),
        visible(wanted.tenant),
    ]
    for column, value in (
        (reviews.c.surface, wanted.surface),
        (reviews.c.category, wanted.category),
        (reviews.c.action, wanted.action),
    ):
        if value is not None:
            conditions.append(column == str(value))
    query = select(reviews.c.decision_id, reviews.c.review_id).where(*conditions)
    query = query.order_by(reviews.c.queue_rank.desc(), reviews.c.review_id.desc()).limit(n_items)
    return [(row[0], row[1]) for row in connection.execute(query.with_for_update(skip_locked=True))]


def _by_priority(connection: Connection, claimed: Sequence[Claimed]) -> list[Claimed]:
    """The gravest first; golden ones stand where their priority puts them, like any other item."""
    ids = [lease.review_id for lease in claimed]
    ranked = select(reviews.c.review_id).where(reviews.c.review_id.in_(ids))
    order = connection.execute(ranked.order_by(reviews.c.queue_rank.desc(), reviews.c.review_id.desc())).scalars().all()
    places = {review_id: place for place, review_id in enumerate(order)}
    return sorted(claimed, key=lambda lease: places[lease.review_id])


def _held(lease: Claimed, reviewer: Reviewer) -> dict[str, object]:
    return {
        "state": ReviewState.CLAIMED.value,
        "lease_id": lease.lease_id,
        "lease_actor": reviewer.actor,
        "lease_reviewer": reviewer.name,
        "lease_until_us": lease.until_us,
    }
