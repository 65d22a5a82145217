"""`weir bench drift`: how soon monitoring finds a shift, and how often it cries wolf."""

import json
from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.bench.console import fail, text_bundle, user_errors, warn_if_busy
from scripts.commands.bench.options import DOCUMENT, AsJson, BundlePath, Write
from scripts.commands.progress import bars


def drift(
    *,
    bundle: BundlePath = None,
    data: Annotated[
        Path, typer.Option(help="Folder of the built text set; without one, the texts written for Weir are used.")
    ] = Path("build/data/text"),
    cache: Annotated[Path, typer.Option(help="Where scores are kept for the next run.")] = Path("build/bench/drift"),
    days: Annotated[int, typer.Option(min=1, help="Days without a shift.")] = 200,
    mixed_days: Annotated[int, typer.Option(min=0, help="More of them, whose mixture differs from day to day.")] = 60,
    baseline_days: Annotated[int, typer.Option(min=0, help="Of the days, at which other methods look too.")] = 20,
    slice_days: Annotated[int, typer.Option(min=0, help="Of the days, at which slices are looked at, too.")] = 60,
    seeds: Annotated[int, typer.Option(min=1, help="Runs a shift.")] = 20,
    baseline_seeds: Annotated[int, typer.Option(min=0, help="Of the runs, in which other methods look too.")] = 10,
    shifts: Annotated[str, typer.Option(help="Comma-separated, or all.")] = "all",
    processes: Annotated[int, typer.Option(min=1, help="At work at a time.")] = 2,
    quick: Annotated[bool, typer.Option("--quick", help="10 days and 3 runs a shift; writes nothing.")] = False,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure false alarms on days without a shift, and decisions until the alarm by shift, beside other methods.

    The first run scores about ninety thousand posts, which takes some minutes; the simulation takes some more.

    Examples:
        weir bench drift --quick
        weir bench drift --shifts obfuscation,new_slang --days 20 --json --no-write

    """
    from scripts.bench.document import write_section
    from scripts.bench.drift import SECTION, DriftSettings, run_drift
    from scripts.bench.drift_report import FIGURE, draw_drift, drift_section
    from scripts.demo.shifts import ShiftName

    wanted = [name.value for name in ShiftName] if shifts == "all" else shifts.split(",")
    if unknown := sorted(set(wanted) - set(ShiftName)):
        fail(f"no shift {', '.join(unknown)}; choose from {', '.join(ShiftName)}")
    counts = (10, 0, 2, 3, 1) if quick else (days, mixed_days, baseline_days, seeds, baseline_seeds)
    names = tuple(ShiftName(name) for name in wanted)
    slice_days = min(slice_days, counts[0])
    with user_errors(), bars() as report:
        found = run_drift(
            DriftSettings(text_bundle(bundle), data, cache, *counts, processes, slice_days, names=names),
            report,
        )
    warn_if_busy(found.machine.busy_before)
    if write and not quick:
        write_section(DOCUMENT, SECTION, drift_section(found))
        draw_drift(found, DOCUMENT.parent / FIGURE)
    print(json.dumps(found.as_json(), indent=2) if as_json else drift_section(found))
