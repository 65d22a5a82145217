"""Stats: how long the queue is, how long it has waited, and how fast it moves."""

from typing import Final

from sqlalchemy import Connection, func, select

from service.reviews.appeals import of_tenant
from service.reviews.desk import MICRO, Desk
from service.reviews.leases import settle, visible
from service.reviews.tables import appeals, reviews
from service.reviews.values import DECIDING, AppealState, ReviewState
from service.reviews.views import ReviewStats

_HOUR_S: Final = 3_600
_WAITING: Final = (ReviewState.OPEN.value, ReviewState.CLAIMED.value, ReviewState.ESCALATED.value)


def queue_stats(desk: Desk, tenant: str | None) -> ReviewStats:
    """Of everything that a principal of this tenant may see."""
    now_us = desk.now_us()
    settle(desk, now_us)
    mine = visible(tenant) & (reviews.c.purpose.in_(DECIDING))
    with desk.database.connect() as connection:
        by_state = select(reviews.c.state, func.count()).where(mine).group_by(reviews.c.state)
        states = dict.fromkeys(ReviewState, 0) | {ReviewState(row[0]): row[1] for row in connection.execute(by_state)}
        waits = mine & reviews.c.state.in_(_WAITING)
        n_waiting = sum(states[ReviewState(state)] for state in _WAITING)
        by_age = select(reviews.c.created_at_us).where(waits).order_by(reviews.c.created_at_us)
        oldest = connection.execute(by_age.limit(1)).scalar()
        middle = connection.execute(by_age.offset((n_waiting - 1) // 2).limit(1)).scalar() if n_waiting else None
        decided = [
            _count(
                connection,
                select(func.count())
                .select_from(reviews)
                .where(
                    mine, reviews.c.state == ReviewState.DECIDED.value, reviews.c.decided_at_us > now_us - s * MICRO
                ),
            )
            for s in (_HOUR_S, 24 * _HOUR_S)
        ]
        is_open = of_tenant(tenant) & (appeals.c.state == AppealState.OPEN.value)
        n_appeals = _count(connection, select(func.count()).select_from(appeals).where(is_open))
    return ReviewStats(
        states=states,
        oldest_age_s=_age_s(oldest, now_us),
        median_age_s=_age_s(middle, now_us),
        decided_last_hour=decided[0],
        decided_last_day=decided[1],
        open_appeals=n_appeals,
    )


def _count(connection: Connection, query: object) -> int:
    return int(connection.execute(query).scalar_one())  # type: ignore[call-overload]


def _age_s(at_us: int | None, now_us: int) -> float | None:
    return None if at_us is None else round(max(0, now_us - at_us) / MICRO, 3)
