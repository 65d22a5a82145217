"""`weir bench startup`: from nothing to the first answer, what it holds in memory, and what had to be installed."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.bench.client import LoadPlan, run_load
from scripts.bench.corpus import load_texts
from scripts.bench.fleet import START_TIMEOUT_S, is_ready, launch, serialised, workspace
from scripts.bench.installed import InstalledSize, measure_installed
from scripts.bench.machine import Machine, describe_machine
from scripts.bench.processes import HOST, Memory
from scripts.bench.report import machine_line
from scripts.bench.scenarios import SCENARIOS
from scripts.bench.summary import median
from scripts.bench.systems import WEIR

SECTION = "weir bench startup"


@dataclass(frozen=True)
class Start:
    """One start.

    Attributes:
        seconds: from spawning the process to the first 2xx answer with scores.
        cpu_s: processor seconds that its processes had used by then.
        first: memory after that answer.
        loaded: memory after two seconds of load.
        errors: what went wrong under that load.

    """

    seconds: float
    cpu_s: float
    first: Memory
    loaded: Memory
    errors: int


@dataclass(frozen=True)
class StartupReport:
    """Several starts and the installed size."""

    machine: Machine
    n_workers: int
    starts: tuple[Start, ...]
    installed: InstalledSize

    def as_json(self) -> dict[str, object]:
        """Plain values, the headline numbers on top."""
        return {
            "cold_start_s": round(median([start.seconds for start in self.starts]), 3),
            "cold_start_cpu_s": round(median([start.cpu_s for start in self.starts]), 3),
            "resident_mb": round(median([start.loaded.pss_mb for start in self.starts]), 1),
            "peak_rss_sum_mb": round(max(start.loaded.peak_rss_mb for start in self.starts), 1),
            "installed_mb": round(self.installed.total_mb, 1),
            "errors": sum(start.errors for start in self.starts),
            "n_workers": self.n_workers,
            "starts": [asdict(start) for start in self.starts],
            "installed": asdict(self.installed),
            "machine": asdict(self.machine),
        }


def run_startup(bundle: Path, n_workers: int, repeats: int, advance: Callable[[str], None]) -> StartupReport:
    """Start Weir several times, each with a database of its own.

    Raises:
        scripts.bench.processes.ServerStartError: it did not start.

    """
    machine = describe_machine()
    starts = []
    for number in range(repeats):
        advance(f"start {number + 1}")
        starts.append(measure_start(bundle, n_workers))
    advance("weighing the installed environment")
    return StartupReport(machine, n_workers, tuple(starts), measure_installed())


def measure_start(bundle: Path, n_workers: int, load_s: float = 2.0) -> Start:
    """One start from spawning the process to the first scores, then two seconds of load."""
    scenario = next(one for one in SCENARIOS if one.name == "single_c64")
    with workspace(bundle) as folder:
        begin = time.perf_counter()
        server = launch(WEIR, bundle, folder, n_workers)
        try:
            server.wait_ready(lambda port: is_ready(WEIR, port), START_TIMEOUT_S)
            seconds = time.perf_counter() - begin
            cpu_s = server.cpu_s()
            server.settle()
            first = server.memory()
            plan = LoadPlan(concurrency=scenario.concurrency, warmup_s=0.0, seconds=load_s)
            tally = run_load(HOST, server.port, serialised(WEIR, scenario, load_texts()), plan)
            return Start(seconds, cpu_s, first, server.memory(), tally.errors)
        finally:
            server.stop()


def startup_section(report: StartupReport) -> str:
    """The Markdown section."""
    numbers = report.as_json()
    largest = ", ".join(f"{name} {size:.0f}" for name, size in report.installed.largest_mb.items())
    method = (
        f"`weir bench startup`: median of {len(report.starts)} starts with {report.n_workers} workers, each from "
        "spawning the process to the first answer that carries scores; files were in the page cache. Resident memory "
        "is the proportional set size of all its processes after two seconds of load from 64 connections (pages that "
        "processes share are counted once)."
    )
    table = (
        "| what | measured | target |\n| --- | ---: | ---: |\n"
        f"| start to first answer | {numbers['cold_start_s']:.2f} s | under 5 s |\n"
        f"| processor time until then, all processes | {numbers['cold_start_cpu_s']:.2f} s | |\n"
        f"| resident memory, all processes | {numbers['resident_mb']:.0f} MB | under 600 MB |\n"
        f"| sum of the highest resident size of each process | {numbers['peak_rss_sum_mb']:.0f} MB | |\n"
        f"| installed serving environment | {numbers['installed_mb']:.0f} MB | under 450 MB |"
    )
    rest = f"The environment is {report.installed.n_distributions} distributions; the largest in MB: {largest}."
    return "\n\n".join(["## Start, memory and size", method, machine_line(report.machine), table, rest])
