"""How looks are shown: a line each while they go on, and more of one that was asked for."""

import json
from typing import TYPE_CHECKING

from rich.console import Console

from scripts.commands.listing import print_listing

if TYPE_CHECKING:
    from monitoring.alarms.alarm import Alarm
    from monitoring.drift.verdicts import DriftVerdict
    from monitoring.running import RunResult
    from monitoring.state.runs import Run

_N_CHANGES = 12


def result_json(result: "RunResult", *, is_line: bool) -> str:
    """A look as JSON; in one line while they go on."""
    told = [
        {"event": f"alarm.{one.kind.value}", "alarm_id": one.alarm.alarm_id, "title": one.alarm.title}
        for one in result.told
    ]
    alarms = [alarm.model_dump(mode="json", exclude={"history"}) for alarm in result.alarms]
    run = result.run.model_dump(mode="json") | {"at": result.run.at.isoformat()}
    return json.dumps({"run": run, "told": told, "alarms": alarms}, indent=None if is_line else 2)


def print_result(result: "RunResult", *, is_line: bool) -> None:
    """A look for people."""
    run = result.run
    _say(_line(run, result.alarms))
    for one in result.told:
        _say(f"  alarm {one.alarm.alarm_id} {one.kind.value}: {one.alarm.title}")
    if is_line:
        return
    if run.verdict is not None:
        _print_verdict(run.verdict)
    for note in run.notes:
        _say(f"note: {note}")
    if run.report is not None:
        _say(f"report: {run.report} in the folder reports")
    if result.alarms:
        print_alarms(result.alarms)


def _line(run: "Run", alarms: "tuple[Alarm, ...]") -> str:
    told = [f"{run.at:%Y-%m-%d %H:%M} UTC  {run.status.value}"]
    told += [f"{run.n_decisions:,} decisions"] if run.error is None else [run.error]
    told += [f"{len(run.verdict.real)} of {run.verdict.n_tests} tests changed"] if run.verdict is not None else []
    told += [f"{len(alarms)} alarms open"] if alarms else []
    return ", ".join(told) + (" (made up for)" if run.is_catch_up else "")


def _print_verdict(verdict: "DriftVerdict") -> None:
    for reason in verdict.reasons:
        _say(f"note: {reason}")
    rows = [
        (
            change.title,
            "" if change.horizon_h is None else f"{change.horizon_h:g} h",
            change.direction or "",
            f"{change.effect_name} {change.effect:.3g}",
            change.was,
            change.now,
            "" if change.since is None else f"{change.since:%m-%d %H:%M}",
        )
        for change in verdict.real[:_N_CHANGES]
    ]
    if rows:
        print_listing(("changed", "window", "", "by", "was", "now", "since"), rows)


def print_alarms(alarms: "tuple[Alarm, ...] | list[Alarm]") -> None:
    """Alarms as a table."""
    titles = ("alarm", "severity", "state", "opened", "rule", "what")
    print_listing(titles, [_alarm_row(alarm) for alarm in alarms])


def _alarm_row(alarm: "Alarm") -> tuple[str, ...]:
    state = alarm.state.value if alarm.acknowledged_by is None else f"{alarm.state.value} by {alarm.acknowledged_by}"
    opened = f"{alarm.opened_at:%Y-%m-%d %H:%M}"
    return str(alarm.alarm_id), alarm.severity.value, state, opened, alarm.rule, alarm.title


def _say(line: str) -> None:
    Console().print(line, markup=False, highlight=False, soft_wrap=True, emoji=False)
