"""`weir monitor alarms | rules | status`: what is wrong, who has taken it on, and whether anybody looks."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands.monitor.console import CHANGED, CLEAR, UNDETERMINED, HomeOption, JsonOption, user_errors
from scripts.commands.monitor.times import read_span_us

if TYPE_CHECKING:
    from monitoring.alarms.alarm import Alarm
    from monitoring.alarms.book import AlarmBook
    from monitoring.home import Home
    from monitoring.state.state import State

app = typer.Typer(help="List alarms, take them on, close them. docs/alarms.md tells more.", no_args_is_help=True)
rules_app = typer.Typer(help="Check alarm rules before they are used.", no_args_is_help=True)

AlarmId = Annotated[int, typer.Argument(help="The alarm's number.", metavar="ALARM", min=1, max=2**63 - 1)]
ReasonOption = Annotated[str, typer.Option("--reason", "-m", help="Why, for those who read it later.")]
WhoOption = Annotated[str | None, typer.Option("--by", help="Who; the user of this machine without it.")]


@app.command("list")
def list_alarms(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show so many.")] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List alarms, the newest first. Exit code 3 where one is open."""
    from monitoring.alarms.alarm import AlarmState
    from scripts.commands.monitor.run_console import print_alarms

    with user_errors(), _state(home) as state:
        found = state.alarms(() if everything else (AlarmState.OPEN, AlarmState.ACKNOWLEDGED), limit=limit)
        n_open = sum(state.open_alarms().values())
    if as_json:
        _print_json([alarm.model_dump(mode="json", exclude={"history"}) for alarm in found])
    elif found:
        print_alarms(found)
    else:
        typer.echo("No alarms." if everything else "No open alarms.")
    raise typer.Exit(CHANGED if n_open else CLEAR)


@app.command("show")
def show(alarm_id: AlarmId, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show one alarm: what changed, since when, which decisions show it, what to do, and its history."""
    from monitoring.errors import MonitoringError

    with user_errors(), _state(home) as state:
        found = state.alarm(alarm_id)
        if found is None:
            raise MonitoringError(f"there is no alarm {alarm_id}: weir monitor alarms list --all shows them")
    if as_json:
        _print_json(found.model_dump(mode="json"))
    else:
        _print_alarm(found)


@app.command("ack")
def acknowledge(
    alarm_id: AlarmId,
    reason: ReasonOption = "",
    who: WhoOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an alarm on: it stays open, and everybody sees who looks after it."""
    with user_errors(), _book(home) as (book, now_us):
        found = book.acknowledge(alarm_id, _who(who), reason, now_us)
    _print_done(found, as_json=as_json)


@app.command("close")
def close(
    alarm_id: AlarmId,
    reason: ReasonOption,
    who: WhoOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close an alarm by hand. While it would go on, it stays silent for the rule's cooldown, and then opens a new one.

    Examples:
        weir monitor alarms close 17 --reason "the campaign of the music team, ends on Friday"

    """
    from monitoring.errors import MonitoringError

    with user_errors():
        if not reason.strip():
            raise MonitoringError("--reason: say why, since whoever reads it later has nothing else")
        with _book(home) as (book, now_us):
            found = book.close(alarm_id, _who(who), reason.strip(), now_us)
    _print_done(found, as_json=as_json)


@rules_app.command("check")
def check_rules(
    path: Annotated[
        Path | None, typer.Argument(help="The file; else WEIR_MONITOR_RULES, else the shipped rules.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read a file of rules and say what it asks for, or what is wrong with it."""
    from monitoring.alarms.loading import load_rules
    from monitoring.settings import load_settings
    from scripts.commands.listing import print_listing

    with user_errors():
        rules = load_rules(path or load_settings().rules)
    if as_json:
        _print_json(rules.model_dump(mode="json"))
        return
    rows = [
        (
            rule.name,
            rule.kind,
            rule.severity.value,
            f"{rule.hysteresis.raise_after} of {rule.hysteresis.of_looks}",
            str(rule.hysteresis.close_after),
            rule.about,
        )
        for rule in rules.rules
    ]
    print_listing(("rule", "kind", "severity", "opens after", "closes after", "about"), rows)


def status(
    max_age: Annotated[
        str, typer.Option(help="A last look that was made longer ago says nothing of now; 26h where cron looks daily.")
    ] = "3h",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether the monitor looks: the last look, open alarms, messages that wait, and who runs.

    Exit codes: 0 the last look was clear and no alarm is open; 3 something changed or an alarm is open; 4 nothing is
    known: there was no look, it failed, it could say nothing, or it was made too long ago.
    """
    from monitoring.locking import is_locked
    from monitoring.running import clock_us
    from monitoring.state.runs import RunStatus

    with user_errors():
        oldest_us = clock_us() - read_span_us(max_age, "--max-age")
        folder = _home(home)
        with _state(home) as state:
            last, n_alarms, waiting = state.last_run(clock_us()), state.open_alarms(), state.waiting()
        holder = is_locked(folder) if folder.path.is_dir() else None
    said = {
        "home": str(folder.path),
        "running": holder is not None,
        "process": holder or None,
        "last_look": None if last is None else last.at.isoformat(),
        "looked_at": None if last is None else last.looked_at.isoformat(),
        "stale": last is not None and last.ended_us < oldest_us,
        "status": "never" if last is None else last.status.value,
        "error": None if last is None else last.error,
        "reasons": [] if last is None or last.verdict is None else list(last.verdict.reasons),
        "notes": [] if last is None else list(last.notes),
        "open_alarms": n_alarms,
        "messages_waiting": waiting.n_messages,
        "delivery_error": waiting.error,
    }
    if as_json:
        _print_json(said)
    else:
        _print_status(said)
    if n_alarms or (last is not None and last.has_changes):
        raise typer.Exit(CHANGED)
    is_known = last is not None and last.status is RunStatus.CLEAR and last.is_whole and not said["stale"]
    raise typer.Exit(CLEAR if is_known else UNDETERMINED)


def _home(home: Path | None) -> "Home":
    from monitoring.home import Home
    from monitoring.settings import load_settings

    return Home(home or load_settings().home)


@contextmanager
def _state(home: Path | None) -> "Iterator[State]":
    from monitoring.errors import MonitoringError
    from monitoring.state.state import reading_state

    folder = _home(home)
    if not folder.state.is_file():
        raise MonitoringError(
            f"no monitor has run in {folder.path} yet: weir monitor run, or name its folder with --home"
        )
    with reading_state(folder) as state:
        yield state


@contextmanager
def _book(home: Path | None) -> "Iterator[tuple[AlarmBook, int]]":
    """The book, and now. What a person does is told to the receiver by the next look, or by whoever runs."""
    from monitoring.alarms.book import AlarmBook
    from monitoring.journal import start_journal
    from monitoring.running import clock_us
    from monitoring.settings import load_settings

    start_journal()
    with _state(home) as state:
        yield AlarmBook(state.engine, tells=load_settings().webhook is not None), clock_us()


def _who(name: str | None) -> str:
    if name:
        return name[:128]
    try:
        return getpass.getuser()[:128]
    except (KeyError, OSError):  # a container whose user has no name
        return "cli"


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def _print_done(alarm: "Alarm", *, as_json: bool) -> None:
    if as_json:
        _print_json(alarm.model_dump(mode="json"))
    else:
        typer.echo(f"alarm {alarm.alarm_id} is {alarm.state.value}: {alarm.title}")


def _print_status(said: dict[str, object]) -> None:
    running = f"process {said['process'] or 'unknown'}" if said["running"] else "nobody"
    lines = {
        "home": said["home"],
        "running": running,
        "last look": f"{said['last_look'] or 'never'}: {said['status']}",
        "made": f"{said['looked_at'] or 'never'}" + (", too long ago: does anybody look?" if said["stale"] else ""),
        "open alarms": ", ".join(f"{n} {severity}" for severity, n in dict(said["open_alarms"]).items()) or "none",  # type: ignore[call-overload]
        "messages waiting": f"{said['messages_waiting']}"
        + (f" ({said['delivery_error']})" if said["delivery_error"] else ""),
    }
    for name, value in lines.items():
        typer.echo(f"{name + ':':<18}{value}")
    for text in [said["error"], *list(said["reasons"]), *list(said["notes"])]:  # type: ignore[call-overload]
        if text:
            typer.echo(f"  {text}")


def _print_alarm(alarm: "Alarm") -> None:
    typer.echo(f"alarm {alarm.alarm_id}  {alarm.severity.value}  {alarm.state.value}  {alarm.rule}  ({alarm.slice})")
    typer.echo(alarm.title)
    begun = [] if alarm.since is None else [f"since about {alarm.since:%Y-%m-%d %H:%M} UTC"]
    for text in [alarm.summary, *begun, alarm.advice and f"What to do: {alarm.advice}"]:
        if text:
            typer.echo(text)
    for change in alarm.changes:
        shown = ", ".join(change.decision_ids[:5])
        typer.echo(
            f"- {change.title}: {change.was} -> {change.now} ({change.method})" + (f": {shown}" if shown else "")
        )
    for event in alarm.history:
        typer.echo(f"{event.at:%Y-%m-%d %H:%M} UTC  {event.kind.value} by {event.actor}  {event.reason}".rstrip())
