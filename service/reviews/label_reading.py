"""Label reading: labels with their provenance, page by page."""

from collections.abc import Iterator
from typing import Any, Final

import orjson
from sqlalchemy import Row, select

from service.reviews.cursors import decode, encode
from service.reviews.desk import Desk
from service.reviews.tables import review_labels
from service.reviews.views import LabelPage, LabelView, moment

_BATCH: Final = 1_000


def label_page(desk: Desk, tenant: str | None, since_us: int, limit: int, cursor: str | None) -> LabelPage:
    """Some labels, the oldest first."""
    query = select(review_labels).where(review_labels.c.at_us >= since_us)
    if tenant is not None:
        query = query.where(review_labels.c.tenant == tenant)
    if cursor is not None:
        query = query.where(review_labels.c.label_id > decode(cursor, str)[0])
    with desk.database.connect() as connection:
        rows = connection.execute(query.order_by(review_labels.c.label_id).limit(limit + 1)).all()
    more = len(rows) > limit
    return LabelPage(
        items=[_view(row) for row in rows[:limit]], next=encode(rows[limit - 1].label_id) if more else None
    )


def labels_by_decision(desk: Desk, tenant: str | None, since_us: int) -> Iterator[list[Row[Any]]]:
    """Rows of all labels in batches of whole decisions, by decision; of decisions labelled from this time on."""
    last = ""
    while True:
        query = select(review_labels.c.decision_id).where(review_labels.c.decision_id > last)
        query = query.where(review_labels.c.at_us >= since_us)
        if tenant is not None:
            query = query.where(review_labels.c.tenant == tenant)
        with desk.database.connect() as connection:
            ids = (
                connection.execute(query.distinct().order_by(review_labels.c.decision_id).limit(_BATCH)).scalars().all()
            )
            if not ids:
                return
            mine = review_labels.c.decision_id.in_(ids)
            order = (review_labels.c.decision_id, review_labels.c.at_us, review_labels.c.label_id)
            rows = connection.execute(select(review_labels).where(mine).order_by(*order)).all()
        yield list(rows)
        last = ids[-1]


def _view(row: Row[Any]) -> LabelView:
    return LabelView(
        label_id=row.label_id,
        decision_id=row.decision_id,
        tenant=row.tenant,
        category=row.category,
        value=row.value,
        reviewer=row.reviewer,
        source=row.source,
        derived=row.is_derived,
        at=moment(row.at_us),
        policy_name=row.policy_name,
        policy_version=row.policy_version,
        bundles=orjson.loads(row.bundles),
        prob=row.prob,
    )
