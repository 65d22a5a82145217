"""`weir monitor report`: one look as a page and as JSON."""

import json
from pathlib import Path
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

if TYPE_CHECKING:
    from monitoring.home import Home
    from monitoring.looking import Seen, View
    from monitoring.reports.writing import ReportFiles
    from monitoring.settings import MonitorSettings


def report(
    start: Annotated[
        str, typer.Option("--from", help="From when on: a time such as 2026-01-31T12:00, or so long before --to.")
    ] = "24h",
    end: Annotated[str, typer.Option("--to", help="Until when: now, so long ago, or a time.")] = "now",
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.html and report.json; else one of the home's reports.")
    ] = None,
    home: HomeOption = None,
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at a period, and write what changed, the distributions behind it, quality and safety as one HTML page.

    The page opens anywhere, without a network; the JSON beside it holds the same. Alarms and dashboards stay as they
    are: `weir monitor run` adds to those. Exit codes: 0 nothing changed, 3 something did, 4 nothing can be said.

    Examples:
        weir monitor report
        weir monitor report --from 7d --out weekly
        weir monitor report --from 2026-01-01 --to 2026-01-02 --source january.parquet

    """
    with user_errors():
        settings, folder, view, end_us = _read(start, end, home, source)
        with err.status("looking"):
            seen = _look(settings, folder, view, end_us)
        with err.status("drawing"):
            files = _write(seen, out or folder.make().reports / f"{seen.verdict.end:%Y-%m-%dT%H%M%SZ}")
    _say(seen, files, as_json=as_json)
    raise typer.Exit(_exit_code(seen))


def _read(start: str, end: str, home: Path | None, source: str | None) -> "tuple[MonitorSettings, Home, View, int]":
    from monitoring.errors import MonitoringError
    from monitoring.home import Home
    from monitoring.looking import HORIZONS_H, View
    from monitoring.running import clock_us
    from monitoring.settings import load_settings
    from scripts.commands.monitor.times import read_moment_us

    end_us = read_moment_us(end, "--to", clock_us())
    hours = (end_us - read_moment_us(start, "--from", end_us)) / 3.6e9
    if hours <= 0:
        raise MonitoringError("--from is not before --to, so there is nothing in between")
    settings = load_settings()
    settings = settings.model_copy(update={"source": source or settings.source})
    shorter = tuple(horizon for horizon in HORIZONS_H if horizon < hours)
    view = View(horizons_h=(*shorter, hours), safety_days=max(7.0, hours / 24))
    return settings, Home(home or settings.home), view, end_us


def _look(settings: "MonitorSettings", home: "Home", view: "View", end_us: int) -> "Seen":
    from monitoring.looking import Looker

    return Looker(settings, home, view).look(end_us)


def _write(seen: "Seen", folder: Path) -> "ReportFiles":
    from monitoring.errors import MonitoringError
    from monitoring.reports.writing import write_report

    try:
        return write_report(
            seen.verdict,
            seen.reference,
            seen.longest,
            folder,
            quality=seen.quality,
            safety=seen.safety,
            labels=seen.labels,
            slices=seen.slices,
        )
    except OSError as error:
        raise MonitoringError(
            f"{folder} cannot be written: {error.strerror}; choose another folder by --out"
        ) from error


def _say(seen: "Seen", files: "ReportFiles", *, as_json: bool) -> None:
    from monitoring.reports.grouping import group_changes

    groups = group_changes(change for verdict in (seen.verdict, *seen.slices) for change in verdict.real)
    if as_json:
        kept = {"subject", "name", "slice", "effect", "effect_name", "direction"}
        said = {
            "status": seen.verdict.status.value,
            "decisions": seen.verdict.n_decisions,
            "changes": [group.change.model_dump(mode="json", include=kept) for group in groups],
            "reasons": [*seen.verdict.reasons, *seen.notes],
            "html": str(files.html),
            "json": str(files.json),
        }
        print(json.dumps(said))
        return
    print(f"{seen.verdict.status.value}: {seen.verdict.n_decisions:,} decisions, {len(groups)} things changed")
    for line in (*seen.verdict.reasons, *seen.notes):
        print(f"  {line}")
    for group in groups:
        print(f"  {group.change.title} ({group.change.slice}): {group.change.was} -> {group.change.now}")
    print(f"{files.html}\n{files.json}")


def _exit_code(seen: "Seen") -> int:
    from monitoring.drift.verdicts import Status

    if seen.verdict.real or any(verdict.real for verdict in seen.slices):
        return CHANGED
    return CLEAR if seen.verdict.status is Status.CLEAR and not seen.faults else UNDETERMINED
