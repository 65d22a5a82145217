"""Relaying: audited events become messages, each exactly once, by following the ledger.

Everything that is done writes an event and chains it; entries get their numbers in the order of commits. So one number
says what has been told, and no part of the service needs to know of webhooks.
"""

from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, func, insert, select, update

from service.jobs.views import moment
from service.records.ledger import EntryKind, write_transaction
from service.records.tables import events, ledger
from service.webhooks.deliveries import DeliveryStore, Message
from service.webhooks.store import Endpoint
from service.webhooks.tables import webhook_cursors
from service.webhooks.telling import Subscriptions, message_body
from service.webhooks.values import Event

_NAME: Final = "events"
_LAZY: Final = 1_000
"""Entries that tell nothing are passed without writing until there are so many."""
_TOLD: Final = tuple(event.value for event in Event if event is not Event.DECISION_MADE)
_TARGET: Final = "webhook_id"
"""Field of an event's payload that names one endpoint to be told in any case."""
_C: Final = webhook_cursors.c


class EventRelay:
    """Follows the ledger. Blocks on the database; several processes may do so at once."""

    def __init__(self, deliveries: DeliveryStore, subscriptions: Subscriptions) -> None:
        self._deliveries = deliveries
        self._subscriptions = subscriptions

    def start(self) -> None:
        """Begin at the head of the ledger, unless it was begun before."""
        with write_transaction(self._deliveries.engine) as connection:
            if connection.execute(select(_C.seq).where(_C.name == _NAME)).scalar() is None:
                connection.execute(insert(webhook_cursors).values(name=_NAME, seq=_head(connection)))

    def step(self) -> int:
        """Write messages for what happened since the last step; says how many."""
        with self._deliveries.engine.connect() as connection:
            seq = connection.execute(select(_C.seq).where(_C.name == _NAME)).scalar_one()
            head = _head(connection)
            happened = connection.execute(_since(seq, head)).all() if head > seq else []
        if not happened and head - seq < _LAZY:
            return 0
        messages = [message for event in happened for message in self._messages(event)]
        with write_transaction(self._deliveries.engine) as connection:
            ours = update(webhook_cursors).where(_C.name == _NAME, _C.seq == seq).values(seq=head)
            if connection.execute(ours).rowcount != 1:
                return 0  # another process was first
            self._deliveries.enqueue(connection, messages)
        return len(messages)

    def _messages(self, event: Row[Any]) -> list[Message]:
        payload: dict[str, Any] = orjson.loads(event.payload)
        target = payload.pop(_TARGET, None)
        data = payload | {"event_id": event.event_id, "tenant": event.tenant}
        body = message_body(event.kind, moment(event.at_us).isoformat().replace("+00:00", "Z"), data)
        return [
            Message(entry.webhook_id, event.kind, payload.get("decision_id"), body)
            for entry in self._subscriptions.endpoints
            if _is_told(entry, event, target)
        ]


def _is_told(endpoint: Endpoint, event: Row[Any], target: str | None) -> bool:
    if endpoint.webhook_id == target:
        return True
    return event.at_us >= endpoint.since_us and endpoint.hears(event.kind, event.tenant)


def _head(connection: Connection) -> int:
    return connection.execute(select(func.max(ledger.c.seq))).scalar() or 0


def _since(seq: int, head: int) -> Any:  # noqa: ANN401 - the type of a joined select has no short name
    columns = (events.c.event_id, events.c.at_us, events.c.kind, events.c.tenant, events.c.payload)
    joined = ledger.join(events, ledger.c.entry_id == events.c.event_id)
    chosen = select(*columns).select_from(joined).where(ledger.c.seq > seq, ledger.c.seq <= head)
    return chosen.where(ledger.c.kind == EntryKind.EVENT, events.c.kind.in_(_TOLD)).order_by(ledger.c.seq)
