"""Deliveries: messages that wait for their receivers, kept until they are taken or given up.

A message is written in the transaction of what it tells of. Whoever takes it to its receiver moves its time into the
future first: if that process dies, another one takes it then. So it arrives at least once, in no promised order.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, and_, insert, select, update

from service.errors import RequestError
from service.jobs.store import now_us
from service.jobs.views import moment
from service.records.ledger import write_transaction
from service.webhooks.schedule import delay_s
from service.webhooks.tables import webhook_deliveries
from service.webhooks.values import Delivery, DeliveryState

LEASE_US: Final = 30_000_000
"""Longer than an attempt may take: after that its process has died."""
_D: Final = webhook_deliveries.c
_MAX_ERROR: Final = 200


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell one endpoint.

    Attributes:
        payload: JSON, without content.

    """

    webhook_id: str
    event: str
    decision_id: str | None
    payload: str


@dataclass(frozen=True, slots=True)
class Due:
    """A message to be sent now.

    Attributes:
        n_attempts: this one included.

    """

    delivery_id: str
    webhook_id: str
    payload: str
    n_attempts: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of sending.

    Attributes:
        error: None when the receiver took the message.
        is_final: sending it again changes nothing.

    """

    due: Due
    status: int | None
    error: str | None
    is_final: bool = False


OnSettled = Callable[[Attempt, DeliveryState], None]
"""Told an attempt, and the state of its message: pending when it is sent again."""


class DeliveryStore:
    """Reads and writes deliveries. Blocks on the database: not for the event loop.

    Args:
        engine: of the database.
        new_id: makes ids that sort by time.
        delay: `delay(n_attempts)`: seconds until the next attempt; None when there is none.

    """

    def __init__(
        self, engine: Engine, new_id: Callable[[], str], delay: Callable[[int], float | None] = delay_s
    ) -> None:
        self.engine = engine
        self._new_id = new_id
        self._delay = delay

    def enqueue(self, connection: Connection, messages: Sequence[Message]) -> None:
        """Write messages in a transaction that is open."""
        at_us = now_us()
        rows = [
            {
                "delivery_id": self._new_id(),
                "webhook_id": message.webhook_id,
                "event": message.event,
                "decision_id": message.decision_id,
                "payload": message.payload,
                "state": DeliveryState.PENDING.value,
                "n_attempts": 0,
                "next_at_us": at_us,
                "created_at_us": at_us,
            }
            for message in messages
        ]
        if rows:
            connection.execute(insert(webhook_deliveries), rows)

    def step(
        self,
        attempts: Sequence[Attempt],
        n_free: int,
        busy: Collection[str],
        on_settled: OnSettled = lambda _attempt, _state: None,
    ) -> list[Due]:
        """Write down what came of attempts, and take the next messages.

        Args:
            attempts: that have ended.
            n_free: so many messages at most.
            busy: endpoints that have enough to do.
            on_settled: told what became of the message of each attempt, once that is on disk.

        """
        due = and_(_D.state == DeliveryState.PENDING, _D.next_at_us <= now_us(), _D.webhook_id.not_in(list(busy)))
        columns = (_D.delivery_id, _D.webhook_id, _D.payload, _D.n_attempts, _D.next_at_us)
        chosen = select(*columns).where(due).order_by(_D.next_at_us).limit(n_free)
        if not attempts:
            with self.engine.connect() as connection:
                if not n_free or connection.execute(chosen.limit(1)).first() is None:
                    return []
        with write_transaction(self.engine) as connection:
            settled = [(attempt, self._settle(connection, attempt)) for attempt in attempts]
            rows = connection.execute(chosen).mappings().all() if n_free else []
            found = [taken for row in rows if (taken := self._take(connection, row)) is not None]
        for attempt, state in settled:
            if state is not None:
                on_settled(attempt, state)
        return found

    def page(self, webhook_id: str, limit: int, before: str | None, state: DeliveryState | None) -> list[Delivery]:
        """The newest deliveries of an endpoint first, older than `before`."""
        chosen = select(webhook_deliveries).where(_D.webhook_id == webhook_id)
        chosen = chosen if before is None else chosen.where(_D.delivery_id < before)
        chosen = chosen if state is None else chosen.where(_D.state == state)
        with self.engine.connect() as connection:
            rows = connection.execute(chosen.order_by(_D.delivery_id.desc()).limit(limit)).mappings()
            return [_delivery(row) for row in rows]

    def replay(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Try a delivery again from the start, whatever became of it.

        Raises:
            RequestError: There is none (404).

        """
        mine = (_D.webhook_id == webhook_id) & (_D.delivery_id == delivery_id)
        with write_transaction(self.engine) as connection:
            if connection.execute(update(webhook_deliveries).where(mine).values(_again())).rowcount != 1:
                raise RequestError(404, "not_found", "there is no such delivery")
            return _delivery(connection.execute(select(webhook_deliveries).where(mine)).mappings().one())

    def replay_dead(self, webhook_id: str) -> int:
        """Try all dead deliveries of an endpoint again; says how many."""
        dead = (_D.webhook_id == webhook_id) & (_D.state == DeliveryState.DEAD)
        with write_transaction(self.engine) as connection:
            return connection.execute(update(webhook_deliveries).where(dead).values(_again())).rowcount

    def _take(self, connection: Connection, row: RowMapping) -> Due | None:
        mine = (_D.delivery_id == row["delivery_id"]) & (_D.next_at_us == row["next_at_us"])
        n_attempts = row["n_attempts"] + 1
        values = {"next_at_us": now_us() + LEASE_US, "n_attempts": n_attempts}
        if connection.execute(update(webhook_deliveries).where(mine).values(values)).rowcount != 1:
            return None
        return Due(row["delivery_id"], row["webhook_id"], row["payload"], n_attempts)

    def _settle(self, connection: Connection, attempt: Attempt) -> DeliveryState | None:
        """Write one down; None where the message was replayed, or taken by another, meanwhile."""
        due, at_us = attempt.due, now_us()
        values: dict[str, Any] = {
            "last_status": attempt.status,
            "last_error": (attempt.error or "")[:_MAX_ERROR] or None,
        }
        delay = None if attempt.error is None or attempt.is_final else self._delay(due.n_attempts)
        state = DeliveryState.DEAD
        if attempt.error is None:
            state = DeliveryState.DELIVERED
        if delay is None:
            values |= {"state": state.value, "settled_at_us": at_us}
        else:
            state = DeliveryState.PENDING
            values |= {"next_at_us": at_us + round(delay * 1e6)}
        mine = and_(
            _D.delivery_id == due.delivery_id,
            _D.state == DeliveryState.PENDING,
            _D.n_attempts == due.n_attempts,
        )
        return state if connection.execute(update(webhook_deliveries).where(mine).values(values)).rowcount else None


def _again() -> dict[str, Any]:
    return {"state": DeliveryState.PENDING.value, "n_attempts": 0, "next_at_us": now_us(), "settled_at_us": None}


def _delivery(row: RowMapping) -> Delivery:
    is_open = row["state"] == DeliveryState.PENDING
    return Delivery(
        delivery_id=row["delivery_id"],
        event=row["event"],
        decision_id=row["decision_id"],
        state=DeliveryState(row["state"]),
        n_attempts=row["n_attempts"],
        next_at=moment(row["next_at_us"]) if is_open else None,
        created_at=moment(row["created_at_us"]),
        settled_at=None if row["settled_at_us"] is None else moment(row["settled_at_us"]),
        last_status=row["last_status"],
        last_error=row["last_error"],
    )
