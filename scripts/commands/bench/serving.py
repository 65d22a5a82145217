"""`weir bench serve | pictures | startup | tune`: the server from the socket to the answer, and how it starts."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.commands.bench.console import (
    choose_loads,
    choose_scenarios,
    choose_systems,
    count_workers,
    fail,
    folders,
    found_bundles,
    n_measurements,
    progress,
    text_bundle,
    user_errors,
    warn_if_busy,
)
from scripts.commands.bench.options import DOCUMENT, AsJson, BundlePath, BundlesPath, Seconds, Workers, Write

FIGURE = Path("figures/bench-serve.png")
IMAGE_BUNDLE = "models/bundles/image-lite0"

Systems = Annotated[str, typer.Option(help="Comma-separated names, or all. `raw` is the limit.")]
Scenarios = Annotated[str, typer.Option(help="Comma-separated names, or all.")]


def serve(
    bundle: BundlePath = None,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved rounds.")] = 5,
    seconds: Seconds = 2.5,
    systems: Systems = "all",
    scenarios: Scenarios = "all",
    workers: Workers = 0,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure Weir, the raw limit and four other servers in one interleaved run (under ten minutes by default)."""
    from scripts.bench.chart import draw_serving
    from scripts.bench.document import write_section
    from scripts.bench.report import SECTION, serve_section, serve_tables
    from scripts.bench.rounds import ServeSettings
    from scripts.bench.serving import run_serve

    chosen, with_raw = choose_systems(systems)
    settings = ServeSettings(
        bundle=text_bundle(bundle), systems=chosen, with_raw=with_raw, scenarios=choose_scenarios(scenarios),
        repeats=repeats, seconds=seconds, n_workers=count_workers(workers),
    )  # fmt: skip
    with user_errors(), progress("bench serve", n_measurements(settings)) as (announce, advance):
        report = run_serve(settings, announce, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        draw_serving(report, DOCUMENT.parent / FIGURE)
        write_section(DOCUMENT, SECTION, serve_section(report, FIGURE.as_posix()))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(*serve_tables(report), sep="\n")


def pictures(
    bundles: BundlesPath = None,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved rounds.")] = 7,
    seconds: Annotated[float, typer.Option(min=0.2, help="Measured window of each measurement.")] = 4.0,
    loads: Annotated[str, typer.Option(help="Comma-separated names, or all.")] = "all",
    workers: Workers = 0,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure items with pictures from the socket to the answer, and every stage by itself (about five minutes)."""
    from scripts.bench.document import write_section
    from scripts.bench.pictures import PictureSettings, run_pictures
    from scripts.bench.pictures_report import SECTION, picture_section, picture_sheets

    found = found_bundles(bundles)
    if not found.images:
        fail(f"no bundle looks at pictures: {IMAGE_BUNDLE} is missing; train and export one first")
    settings = PictureSettings(
        bundles=folders(found),
        loads=choose_loads(loads),
        repeats=repeats,
        seconds=seconds,
        n_workers=count_workers(workers),
    )
    with user_errors(), progress("bench pictures", repeats * len(settings.loads)) as (announce, advance):
        report = run_pictures(settings, announce, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, picture_section(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(*(sheet.rich() for sheet in picture_sheets(report)), sep="\n")


def startup(
    bundles: BundlesPath = None,
    repeats: Annotated[int, typer.Option(min=1, help="Starts.")] = 5,
    workers: Workers = 0,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure cold start to first answer, resident memory, and the installed size of the serving environment."""
    from scripts.bench.document import write_section
    from scripts.bench.startup import SECTION, run_startup, startup_section

    found = found_bundles(bundles)
    with user_errors(), progress("bench startup", repeats + 1) as (_, advance):
        report = run_startup(folders(found), count_workers(workers), repeats, advance, with_pictures=bool(found.images))
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, startup_section(report))
    print(json.dumps(report.as_json(), indent=2) if as_json else startup_section(report))


def tune(
    system: Annotated[str, typer.Argument(help="Which competitor.")],
    bundle: BundlePath = None,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds at each point.")] = 2,
    seconds: Seconds = 2.0,
    scenarios: Scenarios = "single_c64,batch32",
    workers: Workers = 0,
) -> None:
    """Measure a competitor at every point of its grid: how its settings in the benchmark were chosen."""
    from scripts.bench.rounds import ServeSettings
    from scripts.bench.tuning import GRIDS, points, run_tuning

    if system not in GRIDS:
        fail(f"{system!r} has no grid; choose from {', '.join(GRIDS)}")
    settings = ServeSettings(
        bundle=text_bundle(bundle), systems=(), with_raw=False, scenarios=choose_scenarios(scenarios),
        repeats=repeats, seconds=seconds, n_workers=count_workers(workers),
    )  # fmt: skip
    with user_errors(), progress(f"bench tune {system}", len(points(GRIDS[system]))) as (_, advance):
        candidates = run_tuning(choose_systems(system)[0][0], settings, advance)
    for candidate in candidates:
        print(candidate.line())
