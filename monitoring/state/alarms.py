"""Alarms in the state: their rows, their history, and the readings that hysteresis remembers."""

import json
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from monitoring.alarms.alarm import Alarm, AlarmEvent, AlarmState, EventKind, microseconds, moment
from monitoring.alarms.hysteresis import Reading
from monitoring.state.tables import alarm_events, alarms, readings

_A: Final = alarms.c
_E: Final = alarm_events.c


def add_alarm(connection: Connection, alarm: Alarm) -> Alarm:
    """Write a new alarm; returns it with its number."""
    kept = connection.execute(insert(alarms).values(_row(alarm)))
    return alarm.model_copy(update={"alarm_id": int((kept.inserted_primary_key or (0,))[0])})


def change_alarm(connection: Connection, alarm: Alarm) -> None:
    """Write what became of an alarm."""
    connection.execute(update(alarms).where(_A.alarm_id == alarm.alarm_id).values(_row(alarm)))


def add_event(connection: Connection, alarm_id: int, event: AlarmEvent) -> None:
    """Write a step of its life."""
    row = {"alarm_id": alarm_id, "at_us": microseconds(event.at), **event.model_dump(exclude={"at"})}
    connection.execute(insert(alarm_events).values(row))


def find_alarm(connection: Connection, alarm_id: int) -> Alarm | None:
    """One alarm, with its history."""
    row = connection.execute(select(alarms).where(_A.alarm_id == alarm_id)).one_or_none()
    if row is None:
        return None
    chosen = select(alarm_events).where(_E.alarm_id == alarm_id).order_by(_E.event_id)
    events = tuple(
        AlarmEvent(at=moment(one.at_us), kind=EventKind(one.kind), actor=one.actor, reason=one.reason)
        for one in connection.execute(chosen)
    )
    return _alarm(row).model_copy(update={"history": events})


def newest_of(connection: Connection, key: str) -> Alarm | None:
    """The last alarm of this key."""
    row = connection.execute(select(alarms).where(_A.key == key).order_by(_A.alarm_id.desc()).limit(1)).one_or_none()
    return None if row is None else _alarm(row)


def list_alarms(
    connection: Connection, states: Collection[AlarmState] = (), since_us: int | None = None, limit: int | None = None
) -> list[Alarm]:
    """Alarms in some states, any where there are none; opened at or after a moment; the newest first."""
    chosen = select(alarms).order_by(_A.opened_us.desc(), _A.alarm_id.desc()).limit(limit)
    if states:
        chosen = chosen.where(_A.state.in_([state.value for state in states]))
    if since_us is not None:
        chosen = chosen.where(_A.opened_us >= since_us)
    return [_alarm(row) for row in connection.execute(chosen)]


def count_open(connection: Connection) -> dict[str, int]:
    """Alarms that are not closed, by severity."""
    chosen = (
        select(_A.severity, func.count().label("n_alarms"))
        .where(_A.state != AlarmState.CLOSED.value)
        .group_by(_A.severity)
    )
    return {row.severity: row.n_alarms for row in connection.execute(chosen)}


def read_readings(connection: Connection) -> dict[str, list[Reading]]:
    """The last readings of every key, oldest first."""
    return {row.key: [Reading(one) for one in json.loads(row.readings)] for row in connection.execute(select(readings))}


def keep_readings(connection: Connection, key: str, rule: str, at_us: int, kept: Sequence[Reading]) -> None:
    """Replace the last readings of a key."""
    connection.execute(delete(readings).where(readings.c.key == key))
    row = {"key": key, "rule": rule, "at_us": at_us, "readings": json.dumps([one.value for one in kept])}
    connection.execute(insert(readings).values(row))


def forget_readings(connection: Connection, keys: Collection[str]) -> None:
    """Start again for these keys."""
    connection.execute(delete(readings).where(readings.c.key.in_(list(keys))))


def _row(alarm: Alarm) -> dict[str, object]:
    return {
        "key": alarm.key,
        "rule": alarm.rule,
        "severity": alarm.severity.value,
        "state": alarm.state.value,
        "document": alarm.model_dump_json(exclude={"alarm_id", "history"}),
        "opened_us": microseconds(alarm.opened_at),
        "closed_us": None if alarm.closed_at is None else microseconds(alarm.closed_at),
    }


def _alarm(row: Row[tuple[object, ...]]) -> Alarm:
    found: dict[str, object] = json.loads(row.document)
    return Alarm.model_validate_json(json.dumps({**found, "alarm_id": row.alarm_id}))
