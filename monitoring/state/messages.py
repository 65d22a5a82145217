"""Messages: what is told of alarms, kept until it is heard. Written in the transaction of what they tell of.

While looks are made up for after downtime, messages are held: whoever comes back to a day of made-up looks wants to
know what is wrong now, and once for each alarm.
"""

import json
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from monitoring.alarms.alarm import Alarm, EventKind
from monitoring.state.tables import messages

HELD: Final = "held"
PENDING: Final = "pending"
DELIVERED: Final = "delivered"
REFUSED: Final = "refused"
"""The receiver wants no more of them (410)."""
_M: Final = messages.c


@dataclass(frozen=True, slots=True)
class Due:
    """A message to be sent now.

    Attributes:
        n_attempts: that were made before.

    """

    message_id: str
    alarm_id: int
    event: str
    payload: str
    n_attempts: int


def enqueue(connection: Connection, alarm: Alarm, kind: EventKind, at_us: int) -> None:
    """Write a message; it waits until `release`."""
    event = f"alarm.{kind.value}"
    payload = {
        "type": event,
        "timestamp": alarm.seen_at.isoformat(),
        "data": alarm.model_dump(mode="json", exclude={"history"}),
    }
    row = {
        "message_id": str(uuid.uuid4()),
        "alarm_id": alarm.alarm_id,
        "event": event,
        "payload": json.dumps(payload, separators=(",", ":")),
        "state": HELD,
        "n_attempts": 0,
        "created_us": at_us,
        "next_us": at_us,
    }
    connection.execute(insert(messages).values(row))


def release(connection: Connection) -> int:
    """Let held messages go: of each alarm the newest alone, as it says all that the others said. Says how many go."""
    held = _M.state == HELD
    newest = select(func.max(_M.seq)).where(held).group_by(_M.alarm_id)
    kept = list(connection.execute(newest).scalars())
    connection.execute(delete(messages).where(held, _M.seq.not_in(kept)))
    connection.execute(update(messages).where(held).values(state=PENDING))
    return len(kept)


def next_due(connection: Connection, now_us: int) -> Due | None:
    """The oldest message that waits, if its time has come. It holds up the others, so that they keep their order."""
    columns = (_M.message_id, _M.alarm_id, _M.event, _M.payload, _M.n_attempts, _M.next_us)
    row = connection.execute(select(*columns).where(_M.state == PENDING).order_by(_M.seq).limit(1)).one_or_none()
    if row is None or row.next_us > now_us:
        return None
    return Due(row.message_id, row.alarm_id, row.event, row.payload, row.n_attempts)


def settle(connection: Connection, due: Due, state: str, at_us: int, next_us: int, error: str | None) -> None:
    """Write down what came of an attempt.

    Args:
        connection: of a transaction that may write.
        due: what was sent.
        state: `delivered`, `refused`, or `pending` where it is sent again.
        at_us: now.
        next_us: of the next attempt.
        error: why it failed.

    """
    values = {"state": state, "n_attempts": due.n_attempts + 1, "next_us": next_us, "error": error}
    if state != PENDING:
        values["settled_us"] = at_us
    connection.execute(update(messages).where(_M.message_id == due.message_id).values(values))


def has_held(connection: Connection) -> bool:
    """Whether messages wait to be let go."""
    return connection.execute(select(_M.seq).where(_M.state == HELD).limit(1)).first() is not None


def count_waiting(connection: Connection) -> int:
    """Messages that were not heard yet."""
    return connection.execute(
        select(func.count()).select_from(messages).where(_M.state.in_((HELD, PENDING)))
    ).scalar_one()


def last_error(connection: Connection) -> str | None:
    """Why the oldest message that waits was not heard."""
    chosen = select(_M.error).where(_M.state == PENDING).order_by(_M.seq).limit(1)
    return connection.execute(chosen).scalar_one_or_none()


def purge_messages(connection: Connection, before_us: int) -> None:
    """Delete what was settled before a moment."""
    connection.execute(delete(messages).where(_M.settled_us < before_us))
