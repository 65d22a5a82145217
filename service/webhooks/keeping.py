"""Keeping: how long messages stay after they were settled, and how they forget a person."""

from collections.abc import Sequence
from typing import Final

import orjson
from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update

from service.accountability.retention import Retained
from service.webhooks.tables import webhook_deliveries
from service.webhooks.values import DeliveryState

_D: Final = webhook_deliveries.c


class DeliveryEraser:
    """An `Eraser` of the caller's names for items, the only thing in a message that leads to a person."""

    kind = "webhook deliveries"

    def erase(self, connection: Connection, subject: str, tenant: str | None, decision_ids: Sequence[str]) -> int:  # noqa: ARG002 - all is found by decision
        """Take `content_id` out of messages on these decisions; returns out of how many."""
        chosen = select(_D.delivery_id, _D.payload).where(_D.decision_id.in_(list(decision_ids)))
        n_erased = 0
        for delivery_id, payload in connection.execute(chosen).all() if decision_ids else ():
            said = orjson.loads(payload)
            if said["data"].get("content_id") is not None:
                said["data"]["content_id"] = None
                emptied = update(webhook_deliveries).where(_D.delivery_id == delivery_id)
                connection.execute(emptied.values(payload=orjson.dumps(said).decode()))
                n_erased += 1
        return n_erased


def deliveries_retention(days: int) -> Retained:
    """Settled ones go after so many days; what is still tried is kept."""
    return Retained("webhook deliveries", days, _purge, _overdue)


def _purge(connection: Connection, before_us: int, limit: int) -> int:
    old = select(_D.delivery_id).where(_is_old(before_us)).order_by(_D.delivery_id).limit(limit)
    ids = connection.execute(old).scalars().all()
    if ids:
        connection.execute(delete(webhook_deliveries).where(_D.delivery_id.in_(ids)))
    return len(ids)


def _overdue(connection: Connection, before_us: int) -> int:
    return connection.execute(
        select(func.count()).select_from(webhook_deliveries).where(_is_old(before_us))
    ).scalar_one()


def _is_old(before_us: int) -> ColumnElement[bool]:
    return and_(_D.state != DeliveryState.PENDING, _D.settled_at_us < before_us)
