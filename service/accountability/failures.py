"""Purging counts of items without a decision: they are kept as long as the decisions they are compared with."""

from sqlalchemy import Connection, delete, func, select

from service.accountability.retention import Retained
from service.records.tables import item_failures


def retained_failures(days: int) -> Retained:
    """Counts of items without a decision as a kind of record."""
    return Retained("item failures", days, purge_failures, overdue_failures)


def purge_failures(connection: Connection, before_us: int, limit: int) -> int:
    """Delete up to `limit` counts of minutes that are too old, the oldest first."""
    wanted = (
        select(item_failures.c.failure_id)
        .where(item_failures.c.at_us < before_us)
        .order_by(item_failures.c.at_us)
        .limit(limit)
    )
    ids = list(connection.execute(wanted).scalars())
    if ids:
        connection.execute(delete(item_failures).where(item_failures.c.failure_id.in_(ids)))
    return len(ids)


def overdue_failures(connection: Connection, before_us: int) -> int:
    """Counts that are too old."""
    counted = select(func.count()).select_from(item_failures).where(item_failures.c.at_us < before_us)
    return connection.execute(counted).scalar_one()
