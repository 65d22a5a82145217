"""What the commands of `weir bench` share: their choices from names, their progress, and their errors."""

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from scripts.bench.pictures_loads import PictureLoad
    from scripts.bench.rounds import ServeSettings
    from scripts.bench.scenarios import Scenario
    from scripts.bench.systems import System
    from service.bundles import FoundBundles

BUSY = 0.1


def warn_if_busy(busy_before: float) -> None:
    """Say so when the machine was not quiet."""
    if busy_before > BUSY:
        share = f"{busy_before:.0%}"
        Console(stderr=True).print(
            f"other work took {share} of the cores before this run: repeat it on a quiet machine"
        )


def fail(message: str) -> NoReturn:
    """Say what the user can mend, and exit."""
    Console(stderr=True).print(message, markup=False, soft_wrap=True)
    raise typer.Exit(2)


def text_bundle(path: Path | None) -> Path:
    """The text bundle that other servers can serve as well."""
    from models.runtime.bundle import MANIFEST_FILE

    if path is None:
        return found_bundles(None).text
    if not (path / MANIFEST_FILE).is_file():
        fail(f"{path} holds no {MANIFEST_FILE}: name a bundle folder with --bundle")
    return path.resolve()


def found_bundles(folder: Path | None) -> "FoundBundles":
    """The bundles that serve together."""
    from models.runtime.bundle import BundleError
    from scripts.bench.processes import REPOSITORY
    from service.bundles import BundlesError, find_bundles

    try:
        return find_bundles((folder or REPOSITORY / "models" / "bundles").resolve())
    except (BundleError, BundlesError) as error:
        fail(str(error))


def folders(found: "FoundBundles") -> tuple[Path, ...]:
    """The text bundle first."""
    return (found.text, *found.images, *([found.joint] if found.joint else []))


def choose_loads(names: str) -> "tuple[PictureLoad, ...]":
    """Loads of the benchmark of pictures by name."""
    from scripts.bench.pictures_loads import LOADS

    wanted = _wanted("load", names, [load.name for load in LOADS])
    return tuple(load for load in LOADS if load.name in wanted)


def choose_systems(names: str) -> "tuple[tuple[System, ...], bool]":
    """Servers by name, and whether the raw limit is among them."""
    from scripts.bench.results import RAW
    from scripts.bench.systems import SYSTEMS

    wanted = _wanted("system", names, [RAW, *(system.name for system in SYSTEMS)])
    return tuple(system for system in SYSTEMS if system.name in wanted), RAW in wanted


def choose_scenarios(names: str) -> "tuple[Scenario, ...]":
    """Loads of the serving benchmark by name."""
    from scripts.bench.scenarios import SCENARIOS

    wanted = _wanted("scenario", names, [scenario.name for scenario in SCENARIOS])
    return tuple(scenario for scenario in SCENARIOS if scenario.name in wanted)


def _wanted(kind: str, names: str, known: list[str]) -> list[str]:
    wanted = known if names == "all" else names.split(",")
    if unknown := sorted(set(wanted) - set(known)):
        fail(f"no {kind} {', '.join(unknown)}; choose from {', '.join(known)}")
    return wanted


def count_workers(count: int) -> int:
    """Workers of a server: one a core where 0 was asked."""
    from scripts.bench.machine import usable_cores

    return count or usable_cores()


def n_measurements(settings: "ServeSettings") -> int:
    """Steps of the serving benchmark's progress."""
    return settings.repeats * len(settings.scenarios) * (len(settings.systems) + settings.with_raw)


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """One clear line for what a user can mend; SIGTERM ends a run like Ctrl-C, so that no server is left behind."""
    from models.runtime.bundle import BundleError
    from scripts.bench.paired_trees import TreeError
    from scripts.bench.pictures_stages import StagesError
    from scripts.bench.processes import ServerStartError
    from scripts.bench.raw import RawWorkerError

    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    except (BundleError, ServerStartError, RawWorkerError, StagesError, TreeError) as error:
        fail(str(error))
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextlib.contextmanager
def progress(title: str, total: int) -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """A bar on standard error, drawn only between measurements: a thread that redraws would cost the servers time."""
    columns = (TextColumn("{task.fields[title]}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("{task.description}"))  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as bar:
        task = bar.add_task("", total=total, title=title)
        begun = [0]

        def announce(what: str) -> None:
            bar.update(task, description=what, refresh=True)

        def advance(what: str) -> None:
            bar.update(task, description=what, completed=begun[0], refresh=True)
            begun[0] += 1

        yield announce, advance
        bar.update(task, description="done", completed=begun[0], refresh=True)
