"""`weir bench`: repeatable measurements, side by side."""

import contextlib
import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from scripts.bench.rounds import ServeSettings
    from scripts.bench.scenarios import Scenario
    from scripts.bench.systems import System

app = typer.Typer(help="Measure Weir beside other ways to serve the same bundle.", no_args_is_help=True)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
BUSY = 0.1
FIGURE = Path("figures/bench-serve.png")

BundlePath = Annotated[
    Path | None,
    typer.Option("--bundle", help="Bundle folder; by default the one in models/bundles.", show_default=False),
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

    chosen, with_raw = _choose_systems(systems)
    settings = ServeSettings(
        bundle=_bundle(bundle), systems=chosen, with_raw=with_raw, scenarios=_choose_scenarios(scenarios),
        repeats=repeats, seconds=seconds, n_workers=_workers(workers),
    )  # fmt: skip
    with _user_errors(), _progress("bench serve", _n_measurements(settings)) as (announce, advance):
        report = run_serve(settings, announce, advance)
    _warn_if_busy(report.machine.busy_before)
    if write:
        draw_serving(report, DOCUMENT.parent / FIGURE)
        write_section(DOCUMENT, SECTION, serve_section(report, FIGURE.as_posix()))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        Console().print(*serve_tables(report), sep="\n")


@app.command("startup")
def startup(
    bundle: BundlePath = None,
    repeats: Annotated[int, typer.Option(min=1, help="Starts.")] = 5,
    workers: Workers = 0,
    as_json: AsJson = False,
    write: Write = True,
) -> None:
    """Measure cold start to first answer, resident memory, and the installed size of the serving environment."""
    from scripts.bench.document import write_section
    from scripts.bench.startup import SECTION, run_startup, startup_section

    chosen = _bundle(bundle)
    with _user_errors(), _progress("bench startup", repeats + 1) as (_, advance):
        report = run_startup(chosen, _workers(workers), repeats, advance)
    _warn_if_busy(report.machine.busy_before)
    if write:
        write_section(DOCUMENT, SECTION, startup_section(report))
    print(json.dumps(report.as_json(), indent=2) if as_json else startup_section(report))


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
        _fail(f"{system!r} has no grid; choose from {', '.join(GRIDS)}")
    settings = ServeSettings(
        bundle=_bundle(bundle), systems=(), with_raw=False, scenarios=_choose_scenarios(scenarios),
        repeats=repeats, seconds=seconds, n_workers=_workers(workers),
    )  # fmt: skip
    with _user_errors(), _progress(f"bench tune {system}", len(points(GRIDS[system]))) as (_, advance):
        candidates = run_tuning(_choose_systems(system)[0][0], settings, advance)
    for candidate in candidates:
        print(candidate.line())


def _warn_if_busy(busy_before: float) -> None:
    if busy_before > BUSY:
        share = f"{busy_before:.0%}"
        Console(stderr=True).print(
            f"other work took {share} of the cores before this run: repeat it on a quiet machine"
        )


def _fail(message: str) -> NoReturn:
    Console(stderr=True).print(message, markup=False)
    raise typer.Exit(2)


def _bundle(path: Path | None) -> Path:
    from models.runtime.bundle import MANIFEST_FILE
    from scripts.bench.processes import REPOSITORY

    if path is not None:
        if not (path / MANIFEST_FILE).is_file():
            _fail(f"{path} holds no {MANIFEST_FILE}: name a bundle folder with --bundle")
        return path.resolve()
    found = sorted(manifest.parent for manifest in (REPOSITORY / "models" / "bundles").glob(f"*/{MANIFEST_FILE}"))
    if not found:
        _fail("models/bundles holds no bundle: name one with --bundle, or export one first")
    return found[0]


def _choose_systems(names: str) -> "tuple[tuple[System, ...], bool]":
    from scripts.bench.results import RAW
    from scripts.bench.systems import SYSTEMS

    known = [RAW, *(system.name for system in SYSTEMS)]
    wanted = known if names == "all" else names.split(",")
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        _fail(f"no system {', '.join(unknown)}; choose from {', '.join(known)}")
    return tuple(system for system in SYSTEMS if system.name in wanted), RAW in wanted


def _choose_scenarios(names: str) -> "tuple[Scenario, ...]":
    from scripts.bench.scenarios import SCENARIOS

    known = [scenario.name for scenario in SCENARIOS]
    wanted = known if names == "all" else names.split(",")
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        _fail(f"no scenario {', '.join(unknown)}; choose from {', '.join(known)}")
    return tuple(scenario for scenario in SCENARIOS if scenario.name in wanted)


def _workers(count: int) -> int:
    from scripts.bench.machine import usable_cores

    return count or usable_cores()


def _n_measurements(settings: "ServeSettings") -> int:
    return settings.repeats * len(settings.scenarios) * (len(settings.systems) + settings.with_raw)


@contextlib.contextmanager
def _user_errors() -> Iterator[None]:
    """One clear line for what a user can mend; SIGTERM ends a run like Ctrl-C, so that no server is left behind."""
    from models.runtime.bundle import BundleError
    from scripts.bench.processes import ServerStartError
    from scripts.bench.raw import RawWorkerError

    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    except (BundleError, ServerStartError, RawWorkerError) as error:
        _fail(str(error))
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextlib.contextmanager
def _progress(title: str, total: int) -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """A bar on standard error, drawn only between measurements: a thread that redraws would cost the servers time."""
    columns = (TextColumn("{task.fields[title]}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("{task.description}"))  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as progress:
        task = progress.add_task("", total=total, title=title)
        begun = [0]

        def announce(what: str) -> None:
            progress.update(task, description=what, refresh=True)

        def advance(what: str) -> None:
            progress.update(task, description=what, completed=begun[0], refresh=True)
            begun[0] += 1

        yield announce, advance
        progress.update(task, description="done", completed=begun[0], refresh=True)
