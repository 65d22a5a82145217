"""Alarms: one wrong thing, from the look that opened it until calm looks or a person close it."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from models.contracts.base import Value
from monitoring.alarms.looks import Finding
from monitoring.alarms.rules import Severity
from monitoring.drift.verdicts import Change, Slice

MONITOR: Final = "monitor"
"""The actor where no person was."""


class AlarmState(StrEnum):
    """Where an alarm is in its life."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    """Still so, and a person has taken it on."""
    CLOSED = "closed"


class EventKind(StrEnum):
    """A step in an alarm's life."""

    OPENED = "opened"
    REOPENED = "reopened"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class AlarmEvent(Value):
    """A step: when, by whom and why.

    Attributes:
        at: of the look where the monitor made it, of the clock where a person did.

    """

    at: datetime
    kind: EventKind
    actor: str
    reason: str = ""


class Alarm(Value):
    """One alarm, as lists, dashboards and messages show it.

    Attributes:
        alarm_id: a small number.
        key: of what it is about; at most one alarm of a key is open.
        title: what is wrong, in some words.
        summary: by how much and since when.
        advice: what to do.
        slice: the part of the traffic.
        since: about when what is wrong began, where that can be told.
        opened_at: end of what the look saw that opened it; of the last time, if it was opened again.
        seen_at: the same of the last alarming look.
        closed_at: when it was closed.
        closed_by: a person, or `monitor`.
        n_looks: alarming ones.
        n_opened: how often it was opened.
        changes: the tests behind it in the last alarming look.
        history: its life; empty in lists.

    """

    alarm_id: Annotated[int, Field(ge=0)] = 0
    key: str
    rule: str
    severity: Severity
    state: AlarmState
    title: str
    summary: str = ""
    advice: str = ""
    slice: Slice = Slice()
    since: datetime | None = None
    opened_at: datetime
    seen_at: datetime
    acknowledged_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    close_reason: str = ""
    n_looks: Annotated[int, Field(ge=1)] = 1
    n_opened: Annotated[int, Field(ge=1)] = 1
    changes: tuple[Change, ...] = ()
    history: tuple[AlarmEvent, ...] = ()

    @property
    def is_open(self) -> bool:
        """Not closed."""
        return self.state is not AlarmState.CLOSED


def moment(at_us: int) -> datetime:
    """Microseconds since 1970 as a moment."""
    return datetime.fromtimestamp(at_us / 1e6, UTC)


def microseconds(at: datetime) -> int:
    """A moment in microseconds since 1970."""
    return round(at.timestamp() * 1e6)


def opened(finding: Finding, at_us: int) -> Alarm:
    """A new alarm."""
    at = moment(at_us)
    return Alarm(key=finding.key, rule=finding.rule, state=AlarmState.OPEN, opened_at=at, seen_at=at, **_found(finding))


def reopened(alarm: Alarm, finding: Finding, at_us: int) -> Alarm:
    """The same alarm again: what calm looks had closed came back."""
    at = moment(at_us)
    nobody = {"acknowledged_by": None, "closed_at": None, "closed_by": None, "close_reason": ""}
    counts = {"n_looks": alarm.n_looks + 1, "n_opened": alarm.n_opened + 1}
    changed = {"state": AlarmState.OPEN, "opened_at": at, "seen_at": at, **nobody, **counts, **_found(finding)}
    return alarm.model_copy(update=changed)


def seen_again(alarm: Alarm, finding: Finding, at_us: int) -> Alarm:
    """An open alarm with what the newest alarming look says of it; the beginning stays the earliest one told."""
    found = _found(finding)
    begun = [since for since in (alarm.since, finding.since) if since is not None]
    found["since"] = min(begun, default=None)
    return alarm.model_copy(update={"seen_at": moment(at_us), "n_looks": alarm.n_looks + 1, **found})


def closed(alarm: Alarm, at_us: int, actor: str, reason: str) -> Alarm:
    """A closed alarm."""
    return alarm.model_copy(
        update={"state": AlarmState.CLOSED, "closed_at": moment(at_us), "closed_by": actor, "close_reason": reason}
    )


def acknowledged(alarm: Alarm, actor: str) -> Alarm:
    """An alarm that a person has taken on."""
    return alarm.model_copy(update={"state": AlarmState.ACKNOWLEDGED, "acknowledged_by": actor})


def _found(finding: Finding) -> dict[str, object]:
    names = ("severity", "title", "summary", "advice", "slice", "since", "changes")
    return {name: getattr(finding, name) for name in names}
