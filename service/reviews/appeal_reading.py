"""Appeal reading: appeals, one or page by page."""

from sqlalchemy import select

from service.reviews.appeals import of_tenant
from service.reviews.cursors import decode, encode
from service.reviews.desk import Desk, not_found
from service.reviews.reading import appeal_view
from service.reviews.tables import appeals
from service.reviews.values import AppealState
from service.reviews.views import AppealPage, AppealView


def one_appeal(desk: Desk, tenant: str | None, appeal_id: str) -> AppealView:
    """One appeal.

    Raises:
        RequestError: No such appeal (404).

    """
    with desk.database.connect() as connection:
        row = connection.execute(select(appeals).where(appeals.c.appeal_id == appeal_id, of_tenant(tenant))).first()
    if row is None:
        raise not_found("appeal")
    return appeal_view(row)


def appeal_page(
    desk: Desk, tenant: str | None, state: AppealState | None, decision_id: str | None, limit: int, cursor: str | None
) -> AppealPage:
    """Some appeals, the newest first."""
    query = select(appeals).where(of_tenant(tenant))
    if state is not None:
        query = query.where(appeals.c.state == state.value)
    if decision_id is not None:
        query = query.where(appeals.c.decision_id == decision_id)
    if cursor is not None:
        query = query.where(appeals.c.appeal_id < decode(cursor, str)[0])
    with desk.database.connect() as connection:
        rows = connection.execute(query.order_by(appeals.c.appeal_id.desc()).limit(limit + 1)).all()
    more = len(rows) > limit
    return AppealPage(
        items=[appeal_view(row) for row in rows[:limit]], next=encode(rows[limit - 1].appeal_id) if more else None
    )
