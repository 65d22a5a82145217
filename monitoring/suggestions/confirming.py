"""Confirming: whether something is known to have changed for which new labels are a remedy.

Labels cost people's time. They help where content, scores or quality have changed; a flood, a broken upstream or a
silent server they do not mend.
"""

from collections.abc import Iterable
from typing import Final

from monitoring.alarms.alarm import Alarm
from monitoring.alarms.rules import MetricRule, Rules
from monitoring.drift.verdicts import Subject

_NO_MATTER_OF_LABELS: Final = frozenset({Subject.VOLUME, Subject.FAILURES})


def ask_for_labels(alarms: Iterable[Alarm], rules: Rules) -> list[Alarm]:
    """The alarms that are not closed and that more labels would help with.

    Args:
        alarms: in any state.
        rules: by which they were opened: those on metrics, which carry no changes, are known by them.

    """
    on_metrics = {rule.name for rule in rules.rules if isinstance(rule, MetricRule)}
    return [alarm for alarm in alarms if alarm.is_open and (alarm.rule in on_metrics or _has_changed(alarm))]


def _has_changed(alarm: Alarm) -> bool:
    return any(change.subject not in _NO_MATTER_OF_LABELS for change in alarm.changes)
