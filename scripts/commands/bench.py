"""`weir bench`: repeatable measurements, side by side."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.commands.bench_console import (
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

app = typer.Typer(help="Measure Weir beside other ways to serve the same bundle.", no_args_is_help=True)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
FIGURE = Path("figures/bench-serve.png")
IMAGE_BUNDLE = "models/bundles/image-lite0"

BundlePath = Annotated[
    Path | None,
    typer.Option("--bundle", help="Text bundle; by default the one in models/bundles.", show_default=False),
]
BundlesPath = Annotated[
    Path | None,
    typer.Option("--bundles", help="Folder of bundles; by default models/bundles.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
Write = Annotated[bool, typer.Option("--write/--no-write", help="Replace the section of docs/benchmarks.md.")]
Systems = Annotated[str, typer.Option(help="Comma-separated names, or all. `raw` is the limit.")]
Scenarios = Annotated[str, typer.Option(help="Comma-separated names, or all.")]
Seconds = Annotated[float, typer.Option(min=0.2, help="Measured window of each measurement.")]
Workers = Annotated[int, typer.Option(min=0, help="Workers of every server; 0 means one a core.")]


@app.command("serve")
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


@app.command("pictures")
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


@app.command("paired")
def paired(
    before: Annotated[str, typer.Option(help="Git revision to compare this checkout with.")],
    bundles: BundlesPath = None,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved rounds; 7 or more for an interval.")] = 21,
    seconds: Annotated[float, typer.Option(min=0.2, help="Measured window of each measurement.")] = 2.0,
    workers: Annotated[int, typer.Option(min=1, help="Workers of each server; more make single rounds vary.")] = 1,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure the plain text path of a revision and of this checkout in one interleaved run (about five minutes).

    Examples:
        weir bench paired --before v0.1.0

    """
    from scripts.bench.document import write_section
    from scripts.bench.paired import LOADS, PairedSettings, run_paired
    from scripts.bench.paired_report import SECTION, paired_section, paired_sheet

    found = found_bundles(bundles)
    settings = PairedSettings(
        revision=before, bundles=folders(found), text_bundle=found.text, repeats=repeats, seconds=seconds,
        n_workers=workers,
    )  # fmt: skip
    with user_errors(), progress("bench paired", repeats * len(LOADS) * 2) as (announce, advance):
        report = run_paired(settings, announce, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, paired_section(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(paired_sheet(report).rich())


@app.command("cache")
def cache(
    bundles: BundlesPath = None,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved rounds; 7 or more for an interval.")] = 9,
    seconds: Annotated[float, typer.Option(min=0.2, help="Measured window of each measurement.")] = 3.0,
    workers: Annotated[int, typer.Option(min=1, help="Workers of each server; each has a memory of its own.")] = 1,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure what the cache is worth when half of the texts are repeated (about three minutes).

    Examples:
        weir bench cache
        weir bench cache --repeats 3 --seconds 1 --no-write

    """
    from scripts.bench.caching import LOADS, CacheSettings, run_cache
    from scripts.bench.caching_report import SECTION, cache_section, cache_sheet
    from scripts.bench.document import write_section

    settings = CacheSettings(folders(found_bundles(bundles)), repeats, seconds, workers)
    with user_errors(), progress("bench cache", repeats * len(LOADS) * 2) as (announce, advance):
        report = run_cache(settings, announce, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, cache_section(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(cache_sheet(report).rich())


@app.command("replay")
def replay(
    bundles: BundlesPath = None,
    decisions: Annotated[int, typer.Option(min=1_000, help="In the store that is made for this.")] = 1_000_000,
    processes: Annotated[int, typer.Option(min=1, help="Of each replay.")] = 2,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure a replay of a million recorded decisions (about three minutes and 1 GiB of temporary files)."""
    from rich.progress import Progress

    from scripts.bench.document import write_section
    from scripts.bench.replay import SECTION, replay_section, replay_sheet, run_bench
    from service.settings import load_settings

    folder = found_bundles(bundles).text.parent
    with user_errors(), Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("")
        report = run_bench(
            folder,
            load_settings().policy,
            decisions,
            processes,
            lambda what, total: bar.reset(task, description=what, total=total),
            lambda n: bar.advance(task, n),
        )
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, replay_section(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(replay_sheet(report).rich())


@app.command("startup")
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


@app.command("kills")
def kills(
    kills: Annotated[int, typer.Option(min=1, help="Kills of the whole server; half as many of one worker.")] = 100,
    bundle: BundlePath = None,
    workers: Annotated[int, typer.Option(min=1, help="Workers of the server.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the moments and texts.")] = 0,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Kill the server under load, over and over, and look for every decision that a client was told of.

    Exit code 1 when one is missing or the chain does not verify.

    Examples:
        weir bench kills --kills 10 --no-write

    """
    from scripts.bench.document import write_section
    from scripts.bench.kills import SECTION, kills_section, run_kills

    with user_errors(), progress("bench kills", kills) as (_, advance):
        report = run_kills(text_bundle(bundle), kills, workers, advance, seed)
    if write:
        write_section(DOCUMENT, SECTION, kills_section(report))
    print(json.dumps(report.as_json(), indent=2) if as_json else kills_section(report))
    if report.n_lost or not report.chain_valid:
        raise typer.Exit(1)


@app.command("records")
def records(
    processes: Annotated[int, typer.Option(min=1, help="That write to one file.")] = 2,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved rounds.")] = 5,
    seconds: Seconds = 2.0,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure how many decisions several processes put on one SQLite file, and how long answers wait for it."""
    from scripts.bench.document import write_section
    from scripts.bench.records import MODES, SECTION, records_section, run_records

    concurrencies = (4, 32)
    with progress("bench records", repeats * len(concurrencies) * len(MODES)) as (_, advance):
        report = run_records(processes, concurrencies, repeats, seconds, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, records_section(report))
    print(json.dumps(report.as_json(), indent=2) if as_json else records_section(report))


@app.command("tune")
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


@app.command("policy")
def policy(
    bundles: BundlesPath = None,
    repeats: Annotated[int, typer.Option(min=100, help="Items a measurement.")] = 5_000,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure what the shipped policies cost an item, and what lists cost on the worst texts (under a minute)."""
    from scripts.bench.document import write_section
    from scripts.bench.policy import N_STEPS, SECTION, policy_section, policy_sheets, run_policy

    found_bundles(bundles)
    with user_errors(), progress("bench policy", N_STEPS) as (_, advance):
        report = run_policy(bundles or DOCUMENT.parents[1] / "models" / "bundles", repeats, advance)
    warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, policy_section(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(*(sheet.rich() for sheet in policy_sheets(report)), sep="\n")
