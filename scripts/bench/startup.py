"""`weir bench startup`: from nothing to the first answer, what it holds in memory, and what had to be installed."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.bench.client import LoadPlan, run_load
from scripts.bench.corpus import load_texts
from scripts.bench.fleet import START_TIMEOUT_S, is_ready, launch, serialised, workspace
from scripts.bench.installed import InstalledSize, measure_installed
from scripts.bench.machine import Machine, describe_machine
from scripts.bench.processes import HOST, Memory, ServerProcess
from scripts.bench.report import machine_line
from scripts.bench.scenarios import SCENARIOS
from scripts.bench.summary import median
from scripts.bench.systems import WEIR

SECTION = "weir bench startup"
PICTURE_LOADS = ("photo_jpeg", "eight", "meme")
"""What is posted after the texts: pictures one by one and in eights, and words in pictures, which open the reader."""


@dataclass(frozen=True)
class Start:
    """One start.

    Attributes:
        seconds: from spawning the process to the first 2xx answer with scores.
        cpu_s: processor seconds that its processes had used by then.
        first: memory after that answer.
        loaded: memory after two seconds of load with texts.
        errors: what went wrong under load.
        seen: memory after pictures as well; None where no bundle looks at pictures.

    """

    seconds: float
    cpu_s: float
    first: Memory
    loaded: Memory
    errors: int
    seen: Memory | None = None


@dataclass(frozen=True)
class StartupReport:
    """Several starts and the installed size."""

    machine: Machine
    n_workers: int
    starts: tuple[Start, ...]
    installed: InstalledSize
    bundles: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Plain values, the headline numbers on top."""
        return {
            "cold_start_s": round(median([start.seconds for start in self.starts]), 3),
            "cold_start_cpu_s": round(median([start.cpu_s for start in self.starts]), 3),
            "resident_mb": round(median([start.loaded.pss_mb for start in self.starts]), 1),
            "rss_sum_mb": round(median([start.loaded.rss_mb for start in self.starts]), 1),
            "peak_rss_sum_mb": round(max((start.seen or start.loaded).peak_rss_mb for start in self.starts), 1),
            **self._after_pictures(),
            "installed_mb": round(self.installed.total_mb, 1),
            "errors": sum(start.errors for start in self.starts),
            "n_workers": self.n_workers,
            "starts": [asdict(start) for start in self.starts],
            "installed": asdict(self.installed),
            "machine": asdict(self.machine),
            "bundles": list(self.bundles),
        }

    def _after_pictures(self) -> dict[str, float]:
        seen = [start.seen for start in self.starts if start.seen is not None]
        if not seen:
            return {}
        return {
            "resident_pictures_mb": round(median([one.pss_mb for one in seen]), 1),
            "rss_sum_pictures_mb": round(median([one.rss_mb for one in seen]), 1),
        }


def run_startup(
    bundles: Sequence[Path], n_workers: int, repeats: int, advance: Callable[[str], None], *, with_pictures: bool
) -> StartupReport:
    """Start Weir several times, each with a database of its own.

    Args:
        bundles: folders of all bundles that serve.
        n_workers: of the server.
        repeats: starts.
        advance: told before each start.
        with_pictures: post pictures as well; some bundle looks at them.

    Raises:
        scripts.bench.processes.ServerStartError: it did not start.

    """
    machine = describe_machine()
    starts = []
    for number in range(repeats):
        advance(f"start {number + 1}")
        starts.append(measure_start(bundles, n_workers, with_pictures=with_pictures))
    advance("weighing the installed environment")
    names = tuple(path.name for path in bundles)
    return StartupReport(machine, n_workers, tuple(starts), measure_installed(), names)


def measure_start(bundles: Sequence[Path], n_workers: int, load_s: float = 2.0, *, with_pictures: bool) -> Start:
    """One start from spawning the process to the first scores, then some seconds of load."""
    with workspace(*bundles) as folder:
        begin = time.perf_counter()
        server = launch(WEIR, bundles[0], folder, n_workers)
        try:
            server.wait_ready(lambda port: is_ready(WEIR, port), START_TIMEOUT_S)
            seconds = time.perf_counter() - begin
            cpu_s = server.cpu_s()
            server.settle()
            first = server.memory()
            n_errors = _post_texts(server, load_s)
            loaded = server.memory()
            n_errors += _post_pictures(server, load_s) if with_pictures else 0
            return Start(seconds, cpu_s, first, loaded, n_errors, server.memory() if with_pictures else None)
        finally:
            server.stop()


def _post_texts(server: ServerProcess, seconds: float) -> int:
    scenario = next(one for one in SCENARIOS if one.name == "single_c64")
    plan = LoadPlan(concurrency=scenario.concurrency, warmup_s=0.0, seconds=seconds)
    return run_load(HOST, server.port, serialised(WEIR, scenario, load_texts()), plan).errors


def _post_pictures(server: ServerProcess, seconds: float) -> int:
    """Enough connections that every worker gets some of each."""
    from scripts.bench.pictures_loads import LOADS

    plan = LoadPlan(concurrency=8, warmup_s=0.0, seconds=seconds, timeout_s=30.0)
    loads = {load.name: load for load in LOADS}
    return sum(run_load(HOST, server.port, loads[name].requests(), plan).errors for name in PICTURE_LOADS)


def startup_section(report: StartupReport) -> str:
    """The Markdown section."""
    numbers = report.as_json()
    largest = ", ".join(f"{name} {size:.0f}" for name, size in report.installed.largest_mb.items())
    method = (
        f"`weir bench startup`: median of {len(report.starts)} starts with {report.n_workers} workers and the bundles "
        f"{', '.join(report.bundles) or 'given'}, each from spawning the process to the first answer that carries "
        "scores; files were in the page cache. Resident memory is the proportional set size of all its processes "
        "(pages that processes share are counted once) after two seconds of load from 64 connections with texts, and "
        "then after two seconds each of pictures one by one, eight in one request, and memes whose words are read, "
        f"from 8 connections. Errors under these loads: {numbers['errors']}."
    )
    table = (
        "| what | measured | target |\n| --- | ---: | ---: |\n"
        f"| start to first answer | {numbers['cold_start_s']:.2f} s | under 5 s |\n"
        f"| processor time until then, all processes | {numbers['cold_start_cpu_s']:.2f} s | |\n"
        f"| resident memory after texts, all processes | {numbers['resident_mb']:.0f} MB | |\n"
        f"{_pictures_rows(numbers)}"
        f"| sum of the highest resident size of each process | {numbers['peak_rss_sum_mb']:.0f} MB | |\n"
        f"| installed serving environment | {numbers['installed_mb']:.0f} MB | under 700 MB |"
    )
    rest = (
        f"The environment is the {report.installed.n_distributions} distributions of `locks/serve.txt`; the largest in "
        f"MB: {largest}."
    )
    return "\n\n".join(["## Start, memory and size", method, machine_line(report.machine), table, rest])


def _pictures_rows(numbers: Mapping[str, object]) -> str:
    if "resident_pictures_mb" not in numbers:
        return ""
    return (
        f"| resident memory after pictures and memes as well | {numbers['resident_pictures_mb']:.0f} MB "
        "| under 1 GB |\n"
        f"| the same as the sum of resident sizes (shared pages counted for each) "
        f"| {numbers['rss_sum_pictures_mb']:.0f} MB | |\n"
    )
