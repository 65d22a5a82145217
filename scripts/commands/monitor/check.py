"""`weir monitor check`: compare the last hours with the reference, once, without alarms and without a trace."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands.monitor.console import (
    CHANGED,
    CLEAR,
    UNDETERMINED,
    HomeOption,
    JsonOption,
    SourceOption,
    err,
    user_errors,
)
from scripts.commands.monitor.times import read_moment_us, read_spans_us

if TYPE_CHECKING:
    from monitoring.drift.verdicts import Change, DriftVerdict
    from monitoring.windows.window import Window


def check(
    windows: Annotated[str, typer.Option(help="Lengths of the windows that are compared.")] = "1h,6h,24h",
    now: Annotated[str, typer.Option(help="Where they end (UTC), or how long ago, such as 2h.")] = "now",
    slices: Annotated[
        bool, typer.Option("--slices/--no-slices", help="Look at tenants, surfaces and languages, too.")
    ] = False,
    home: HomeOption = None,
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the last hours with the reference of the bundle that decides, and say what changed.

    Exit codes: 0 nothing changed; 3 something changed; 4 nothing could be said; 2 the check failed.

    Examples:
        weir monitor check
        weir monitor check --windows 1h,24h --now 2026-11-08T00:00 --slices --json

    """
    with user_errors():
        verdicts = _verdicts(windows, now, home, source, slices=slices)
        if as_json:
            print("[" + ",".join(verdict.model_dump_json() for verdict in verdicts) + "]")
        else:
            for verdict in verdicts:
                _print(verdict, with_notes=verdict is verdicts[0])
    statuses = {verdict.status.value for verdict in verdicts}
    code = CHANGED if "changed" in statuses else UNDETERMINED if verdicts[0].status.value != "clear" else CLEAR
    raise typer.Exit(code)


def _verdicts(windows: str, now: str, home: "HomeOption", source: str | None, *, slices: bool) -> "list[DriftVerdict]":
    from monitoring.drift.detector import Detector
    from monitoring.errors import ReferenceWindowError
    from monitoring.home import Home
    from monitoring.looking import newest_bundle, no_bundle
    from monitoring.reference.storing import find_reference
    from monitoring.settings import load_settings
    from monitoring.windows.reading import read_windows
    from monitoring.windows.source import open_source
    from monitoring.windows.window import Period

    settings = load_settings()
    end_us = read_moment_us(now, "--now", time.time_ns() // 1000)
    periods = [Period(end_us - span_us, end_us) for span_us in read_spans_us(windows, "--windows")]
    with open_source(source or settings.decisions) as opened, err.status("checking"):
        read = read_windows(opened, periods, max_rows=settings.max_rows)
        bundle = newest_bundle(opened.deciders(), sorted(read, key=lambda window: -window.n_decisions))
        longest = max(read, key=lambda window: window.period.end_us - window.period.start_us)
        if bundle is None:
            return [_undetermined(longest, no_bundle(longest))]
        try:
            reference = find_reference(bundle.digest, Home(home or settings.home), settings.bundles)
        except ReferenceWindowError as error:
            return [_undetermined(longest, str(error))]
        detector = Detector()
        verdicts = [detector.check(reference, read)]
        if slices:
            verdicts += detector.check_slices(reference, read)
    return verdicts


def _undetermined(window: "Window", reason: str) -> "DriftVerdict":
    from monitoring.drift.verdicts import DriftVerdict, Status

    return DriftVerdict(
        status=Status.UNDETERMINED,
        reference_id=None,
        start=window.period.start,
        end=window.period.end,
        n_decisions=window.n_decisions,
        n_tests=0,
        reasons=(reason, *window.notes),
    )


def _print(verdict: "DriftVerdict", *, with_notes: bool) -> None:
    where = str(verdict.changes[0].slice) if verdict.changes else "all"
    print(
        f"{verdict.status.value.upper()}: {where}, {verdict.n_decisions:,} decisions "
        f"to {verdict.end:%Y-%m-%d %H:%M} UTC, "
        f"{verdict.n_tests} tests, reference {(verdict.reference_id or 'none')[:12]}"
    )
    for change in verdict.real:
        _print_change(change)
    for reason in verdict.reasons if with_notes else ():
        print(f"  note: {reason}")


def _print_change(change: "Change") -> None:
    began = f", since about {change.since:%Y-%m-%d %H:%M}" if change.since else ""
    print(f"  {change.title} ({change.horizon_h:g} h{began}): {change.was} -> {change.now}")
    large = f"{change.effect_name} {change.effect:.3g} (matters from {change.effect_threshold:.3g})"
    print(f"    {large}, p {change.p_adjusted:.2g}, {change.method}")
    print(f"    {change.advice}")
    if change.decision_ids:
        print(f"    items: {', '.join(change.decision_ids[:5])}")
