"""The book of alarms: takes what looks find, opens and closes alarms by hysteresis, and hears what people say."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine

from monitoring.alarms import alarm as life
from monitoring.alarms.alarm import MONITOR, Alarm, AlarmEvent, AlarmState, EventKind, moment
from monitoring.alarms.hysteresis import ALARMING, Hysteresis, Reading, closes, opens
from monitoring.alarms.looks import Finding
from monitoring.alarms.rules import Rule, Rules, Severity
from monitoring.errors import MonitoringError
from monitoring.state.alarms import (
    add_alarm,
    add_event,
    change_alarm,
    find_alarm,
    forget_readings,
    keep_readings,
    list_alarms,
    newest_of,
    read_readings,
)
from monitoring.state.messages import enqueue
from monitoring.state.opening import writing

logger = logging.getLogger("weir.monitor.alarms")

_HOUR_US: Final = 3_600_000_000
_GONE: Final = "its rule is not in the file any more"


@dataclass(frozen=True, slots=True)
class Told:
    """What happened to an alarm, to be logged and sent."""

    kind: EventKind
    alarm: Alarm
    actor: str = MONITOR


@dataclass(slots=True)
class _Page:
    """One look being entered."""

    connection: Connection
    at_us: int
    tells: bool
    told: list[Told] = field(default_factory=list)


class AlarmBook:
    """Alarms of a state. Every step is one transaction: the alarm, its history and its message, or nothing.

    Args:
        engine: of the state.
        tells: whether somebody listens: messages are written for them.

    """

    def __init__(self, engine: Engine, *, tells: bool = False) -> None:
        self._engine = engine
        self._tells = tells

    def enter(self, connection: Connection, rules: Rules, findings: Sequence[Finding], at_us: int) -> list[Told]:
        """Enter what a look found, in the transaction that keeps the look.

        Args:
            connection: of that transaction.
            rules: that were read.
            findings: of all of them.
            at_us: the end of the look.

        """
        page = _Page(connection, at_us, self._tells)
        by_name = {rule.name: rule for rule in rules.rules}
        past = read_readings(connection)
        for finding in _with_the_silent(findings, past, by_name):
            _enter_one(page, by_name[finding.rule], finding, past.get(finding.key, []))
        _close_orphans(page, by_name, past)
        return page.told

    def acknowledge(self, alarm_id: int, actor: str, reason: str, now_us: int) -> Alarm:
        """A person takes an alarm on.

        Raises:
            MonitoringError: there is no such alarm, or it is closed.

        """
        with writing(self._engine) as connection:
            page = _Page(connection, now_us, self._tells)
            found = _find_open(connection, alarm_id)
            if found.state is AlarmState.ACKNOWLEDGED and found.acknowledged_by == actor:
                return found
            _keep(page, life.acknowledged(found, actor), EventKind.ACKNOWLEDGED, actor, reason)
        tell(page.told)
        return page.told[0].alarm

    def close(self, alarm_id: int, actor: str, reason: str, now_us: int) -> Alarm:
        """A person closes an alarm, and says why. The same thing stays silent for the rule's cooldown.

        Raises:
            MonitoringError: there is no such alarm, or it is closed.

        """
        with writing(self._engine) as connection:
            page = _Page(connection, now_us, self._tells)
            found = _find_open(connection, alarm_id)
            forget_readings(connection, [found.key])
            _keep(page, life.closed(found, now_us, actor, reason), EventKind.CLOSED, actor, reason)
        tell(page.told)
        return page.told[0].alarm


def tell(told: Iterable[Told]) -> None:
    """Write a log line for each step: the delivery that always works."""
    for one in told:
        alarm = one.alarm
        level = logging.WARNING if one.kind in {EventKind.OPENED, EventKind.REOPENED} else logging.INFO
        facts = {"alarm_id": alarm.alarm_id, "rule": alarm.rule, "severity": alarm.severity.value, "actor": one.actor}
        facts |= {"slice": str(alarm.slice), "opened_at": alarm.opened_at.isoformat(), "summary": alarm.summary}
        logger.log(level, "alarm %s: %s", one.kind.value, alarm.title, extra={"alarm": facts})


def _find_open(connection: Connection, alarm_id: int) -> Alarm:
    found = find_alarm(connection, alarm_id)
    if found is None:
        raise MonitoringError(f"there is no alarm {alarm_id}: weir monitor alarms list --all shows them")
    if not found.is_open:
        raise MonitoringError(f"alarm {alarm_id} is closed already, by {found.closed_by}")
    return found


def _with_the_silent(
    findings: Sequence[Finding], past: Mapping[str, list[Reading]], rules: Mapping[str, Rule]
) -> list[Finding]:
    """Findings, and an unknown reading for what was seen before and is not in this look, such as a surface."""
    seen = {finding.key for finding in findings}
    silent = [(key, rules[name]) for key in past if key not in seen and (name := key.partition("/")[0]) in rules]
    return [
        *findings,
        *(
            Finding(rule=rule.name, key=key, severity=rule.severity, reading=Reading.UNKNOWN, title=rule.about)
            for key, rule in silent
        ),
    ]


def _enter_one(page: _Page, rule: Rule, finding: Finding, past: list[Reading]) -> None:
    recent = [*past, finding.reading][-rule.hysteresis.n_kept :]
    last = newest_of(page.connection, finding.key)
    if last is not None and last.is_open:
        _follow(page, rule.hysteresis, finding, recent, last)
    elif opens(recent, rule.hysteresis):
        _open(page, rule, finding, last)
    if any(one is not Reading.UNKNOWN for one in recent):
        keep_readings(page.connection, finding.key, rule.name, page.at_us, recent)
    elif past:
        forget_readings(page.connection, [finding.key])


def _follow(page: _Page, hysteresis: Hysteresis, finding: Finding, recent: list[Reading], alarm: Alarm) -> None:
    if closes(recent, hysteresis):
        reason = f"calm for {hysteresis.close_after} looks" if hysteresis.close_after > 1 else "calm again"
        _keep(page, life.closed(alarm, page.at_us, MONITOR, reason), EventKind.CLOSED, MONITOR, reason)
    elif finding.reading in ALARMING:
        change_alarm(page.connection, life.seen_again(alarm, finding, page.at_us))


def _open(page: _Page, rule: Rule, finding: Finding, last: Alarm | None) -> None:
    is_recent = (
        last is not None
        and last.closed_at is not None
        and (page.at_us - life.microseconds(last.closed_at) < rule.cooldown_h * _HOUR_US)
    )
    if last is None or not is_recent:
        alarm = add_alarm(page.connection, life.opened(finding, page.at_us))
        _keep(page, alarm, EventKind.OPENED, MONITOR, finding.summary)
    elif last.closed_by == MONITOR:
        _keep(page, life.reopened(last, finding, page.at_us), EventKind.REOPENED, MONITOR, finding.summary)


def _close_orphans(page: _Page, rules: Mapping[str, Rule], past: Mapping[str, list[Reading]]) -> None:
    """Close alarms whose rule is gone: nothing would ever close them."""
    for alarm in list_alarms(page.connection, [AlarmState.OPEN, AlarmState.ACKNOWLEDGED]):
        if alarm.rule not in rules:
            _keep(page, life.closed(alarm, page.at_us, MONITOR, _GONE), EventKind.CLOSED, MONITOR, _GONE)
    forget_readings(page.connection, [key for key in past if key.partition("/")[0] not in rules])


def _keep(page: _Page, alarm: Alarm, kind: EventKind, actor: str, reason: str) -> None:
    """Write a step of an alarm's life, and what is told of it."""
    change_alarm(page.connection, alarm)
    event = AlarmEvent(at=moment(page.at_us), kind=kind, actor=actor, reason=reason)
    add_event(page.connection, alarm.alarm_id, event)
    if page.tells and alarm.severity is not Severity.INFO:
        enqueue(page.connection, alarm, kind, page.at_us)
    page.told.append(Told(kind, alarm, actor))
