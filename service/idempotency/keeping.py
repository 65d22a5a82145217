"""Keeping: how long first answers stay in the database. A key is free again after its hours, whether or not they do."""

from typing import Final

from sqlalchemy import Connection, delete, func, select

from service.accountability.retention import Retained
from service.idempotency.tables import idempotency_answers

_T: Final = idempotency_answers.c
_HOURS: Final = 24


def answers_retention(hours: int) -> Retained:
    """Deleted in whole days, once their hours are over."""
    return Retained("idempotency answers", -(-hours // _HOURS), _purge, _overdue)


def _purge(connection: Connection, before_us: int, limit: int) -> int:
    old = select(_T.owner, _T.key).where(_T.created_at_us < before_us).order_by(_T.created_at_us).limit(limit)
    found = connection.execute(old).all()
    for owner, key in found:
        connection.execute(delete(idempotency_answers).where(_T.owner == owner, _T.key == key))
    return len(found)


def _overdue(connection: Connection, before_us: int) -> int:
    old = select(func.count()).select_from(idempotency_answers).where(_T.created_at_us < before_us)
    return connection.execute(old).scalar_one()
