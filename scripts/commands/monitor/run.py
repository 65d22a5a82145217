"""`weir monitor run`: look at the traffic, once or again and again."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands.monitor.console import (
    BUSY,
    CHANGED,
    CLEAR,
    UNDETERMINED,
    USER_ERROR,
    HomeOption,
    JsonOption,
    SourceOption,
    user_errors,
)

if TYPE_CHECKING:
    from monitoring.alarms.delivering import Deliverer
    from monitoring.home import Home
    from monitoring.looking import View
    from monitoring.running import Runner, RunResult
    from monitoring.scheduling import Scheduler
    from monitoring.settings import MonitorSettings

RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="YAML file of alarm rules; WEIR_MONITOR_RULES, else the shipped ones.")
]


class Reports(StrEnum):
    """When a look writes a report."""

    ALARMS = "alarms"
    ALWAYS = "always"
    NEVER = "never"


def run(
    *,
    every: Annotated[
        str | None, typer.Option(help="Look again and again, such as 1h, until stopped; once without it.")
    ] = None,
    now: Annotated[
        str | None, typer.Option(help="Look as if it were this moment (UTC), or this long ago, such as 2h.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="With --now and --every: replay the looks from there to here, then end.")
    ] = None,
    catch_up: Annotated[
        int, typer.Option(min=0, max=1_000, help="With --every: so many missed looks are made up for.")
    ] = 24,
    windows: Annotated[str, typer.Option(help="Lengths of the windows that end at a look.")] = "1h,6h,24h",
    report: Annotated[Reports, typer.Option(help="When to write a report: with a new alarm, always, never.")] = (
        Reports.ALARMS
    ),
    dashboard: Annotated[bool, typer.Option("--dashboard/--no-dashboard", help="Add to the dashboard.")] = True,
    slices: Annotated[
        bool, typer.Option("--slices/--no-slices", help="Look at tenants, surfaces and languages, too.")
    ] = True,
    safety_days: Annotated[
        float, typer.Option(min=0, max=90, help="Days of safety metrics and quality; 0 leaves them out.")
    ] = 7.0,
    rules: RulesOption = None,
    home: HomeOption = None,
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at the traffic: drift, safety metrics, quality; open and close alarms, and tell of them.

    Exit codes: 0 nothing changed and no alarm is open; 3 something changed or an alarm is open; 4 nothing could be
    said; 2 the look failed; 5 another monitor runs in this folder.

    Examples:
        weir monitor run
        weir monitor run --every 1h
        weir monitor run --every 1h --now 2026-11-01T00:00 --until 2026-11-08T00:00

    """
    from monitoring.errors import BusyError
    from monitoring.journal import start_journal
    from monitoring.locking import locked

    with user_errors():
        settings, folder = _where(home, source, rules)
        start_journal()
        try:
            with (
                locked(folder),
                _made(settings, folder, _view(windows, every, slices, safety_days), report, dashboard) as parts,
            ):
                code = _start(*parts, every=every, now=now, until=until, catch_up=catch_up, as_json=as_json)
        except BusyError as busy:
            typer.echo(str(busy), err=True)
            raise typer.Exit(BUSY) from busy
    raise typer.Exit(code)


def _where(home: Path | None, source: str | None, rules: Path | None) -> "tuple[MonitorSettings, Home]":
    from monitoring.home import Home
    from monitoring.settings import load_settings

    settings = load_settings()
    changed = {"source": source or settings.source, "rules": rules or settings.rules}
    return settings.model_copy(update=changed), Home(home or settings.home)


def _view(windows: str, every: str | None, slices: bool, safety_days: float) -> "View":
    from monitoring.looking import View
    from scripts.commands.monitor.times import read_hours, read_span_us, read_spans_us

    read_hours(24 * safety_days, "--safety-days")
    hours = [span_us / 3.6e9 for span_us in read_spans_us(windows, "--windows")]
    every_h = read_span_us(every, "--every") / 3.6e9 if every else 1.0
    return View(tuple(hours), safety_days, every_h, slices)


@contextmanager
def _made(
    settings: "MonitorSettings", home: "Home", view: "View", report: Reports, publishes: bool
) -> "Iterator[tuple[Runner, Deliverer | None]]":
    from monitoring.alarms.delivering import Deliverer, make_receiver
    from monitoring.alarms.loading import load_rules
    from monitoring.running import Drawing, Runner
    from monitoring.state.opening import open_state

    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else None
    receiver = make_receiver(settings.webhook, secret) if settings.webhook else None
    rules = load_rules(settings.rules)
    engine = open_state(home)
    try:
        runner = Runner(settings, home, engine, rules, view, Drawing(report.value, publishes))
        yield runner, Deliverer(engine, receiver) if receiver else None
    finally:
        engine.dispose()


def _start(
    runner: "Runner",
    deliverer: "Deliverer | None",
    *,
    every: str | None,
    now: str | None,
    until: str | None,
    catch_up: int,
    as_json: bool,
) -> int:
    from monitoring.errors import MonitoringError
    from monitoring.running import clock_us
    from monitoring.scheduling import Scheduler
    from scripts.commands.monitor.times import read_moment_us, read_span_us

    if until is not None and (now is None or every is None):
        raise MonitoringError("--until needs --now, where the replay begins, and --every")
    if now is not None and every is not None and until is None:
        raise MonitoringError("--now with --every needs --until, where the replay ends")
    every_us = read_span_us(every, "--every") if every else 3_600_000_000
    shown: list[RunResult] = []

    def show(result: "RunResult") -> None:
        shown[:] = [result]
        _show(result, as_json=as_json, is_line=every is not None)

    scheduler = Scheduler(runner, deliverer, every_us, catch_up, show)
    with _stopped_by_signals(scheduler):
        present_us = clock_us()
        at_us = read_moment_us(now or "now", "--now", present_us)
        until_us = at_us if until is None else read_moment_us(until, "--until", present_us)
        if max(at_us, until_us) > present_us:
            raise MonitoringError(
                "--now and --until are not in the future: what is not there yet would look like silence"
            )
        if until_us < at_us:
            raise MonitoringError("--until is before --now, so there is nothing to replay")
        if until is not None:
            scheduler.replay(at_us, until_us)
        elif every is not None:
            scheduler.run()
            return CLEAR
        else:
            scheduler.look(at_us)
    return _exit_code(shown[0]) if shown else UNDETERMINED


@contextmanager
def _stopped_by_signals(scheduler: "Scheduler") -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end it after the look in progress; a second one ends it at once."""

    def stop(number: int, _frame: object) -> None:
        scheduler.stop()
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit_code(result: "RunResult") -> int:
    from monitoring.state.runs import RunStatus

    if result.run.status is RunStatus.FAILED:
        return USER_ERROR
    if result.alarms or result.run.has_changes:
        return CHANGED
    return CLEAR if result.run.status is RunStatus.CLEAR and result.run.is_whole else UNDETERMINED


def _show(result: "RunResult", *, as_json: bool, is_line: bool) -> None:
    from scripts.commands.monitor.run_console import print_result, result_json

    if as_json:
        sys.stdout.write(result_json(result, is_line=is_line) + "\n")
    else:
        print_result(result, is_line=is_line)
    sys.stdout.flush()
