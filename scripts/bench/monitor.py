"""`weir bench monitor`: what a report costs in time and memory, and what it costs the server beside it.

Each measurement is the real command in a process of its own, over a synthetic store (`monitor_store`): nothing that an
earlier one left in memory helps it, and the peak is its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from scripts.bench.machine import Machine, describe_machine
from scripts.bench.monitor_store import BUNDLE, DAY_US, START_US, make_store
from scripts.bench.processes import REPOSITORY

Announce = Callable[[str], None]
USUAL: Final = 100_000
LARGEST: Final = 10_000_000
_CLEAR_CHANGED_UNDETERMINED: Final = (0, 3, 4)


class MonitorBenchError(Exception):
    """A command of the monitor failed; the message has its last words."""


@dataclass(frozen=True)
class Cost:
    """One command over one store.

    Attributes:
        seconds: on the clock, from start to end of the process.
        cpu_s: processor time of it and its children, user and system: what it would take with a core of its own.
        peak_rss_mb: highest resident size, MiB.
        status: of its verdict.

    """

    command: str
    n_decisions: int
    seconds: float
    cpu_s: float
    peak_rss_mb: float
    status: str


@dataclass(frozen=True)
class MonitorReport:
    """Everything one run found."""

    machine: Machine
    costs: tuple[Cost, ...]
    store_bytes: dict[int, int]

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def run_monitor(sizes: Sequence[int], folder: Path, announce: Announce) -> MonitorReport:
    """Make a store of each size, and report over it.

    Args:
        sizes: decisions of the day.
        folder: for the stores, each removed before the next; a store that is there already is used and stays.
        announce: told what is being done.

    Raises:
        MonitorBenchError: a command failed.

    """
    machine = describe_machine()
    costs, store_bytes = [], {}
    for size in sizes:
        announce(f"making a store of {size:,} decisions")
        with store_of(size, folder) as url, tempfile.TemporaryDirectory(prefix="weir-bench-") as name:
            home = Path(name)
            store_bytes[size] = Path(url.removeprefix("sqlite:///")).stat().st_size
            build_reference_of(url, home)
            announce(f"reporting over {size:,} decisions")
            costs.append(measure("report", report_command(url, home), size))
    return MonitorReport(machine, tuple(costs), store_bytes)


@contextmanager
def store_of(size: int, folder: Path) -> Iterator[str]:
    """The URL of a store with so many decisions in the day; made, and removed, unless it is there."""
    path = folder.absolute() / f"monitor-{size}.db"
    if path.exists():
        yield f"sqlite:///{path}"
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield make_store(path, size)
    finally:
        for suffix in ("", "-wal", "-shm", "-turn"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def build_reference_of(url: str, home: Path) -> None:
    """A reference of the day before, where the monitor looks for it."""
    from monitoring.home import Home
    from monitoring.reference.building import build_reference
    from monitoring.reference.storing import save_reference
    from monitoring.windows.reading import read_window
    from monitoring.windows.source import open_source
    from monitoring.windows.window import Period

    with open_source(url) as source:
        window = read_window(source, Period(START_US - DAY_US, START_US))
    reference = build_reference(window, BUNDLE.digest, f"{BUNDLE.name} {BUNDLE.version}", "the day before")
    save_reference(reference, Home(home).make().references / reference.id)


def report_command(url: str, home: Path) -> list[str]:
    """`weir monitor report` over the day."""
    start, end = (datetime.fromtimestamp(at_us / 1e6, UTC).isoformat() for at_us in (START_US, START_US + DAY_US))
    call = "from scripts.cli import main; main()"
    given = ["--from", start, "--to", end, "--source", url, "--home", str(home), "--json"]
    return [sys.executable, "-c", call, "monitor", "report", *given]


def measure(name: str, command: Sequence[str], n_decisions: int) -> Cost:
    """Run a command in a process of its own.

    Raises:
        MonitorBenchError: it failed.

    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as warned:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=said, stderr=warned, env=environment())
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        warned.seek(0)
        printed, complaint = said.read().decode(), warned.read().decode(errors="replace")
    if process.returncode not in _CLEAR_CHANGED_UNDETERMINED:
        raise MonitorBenchError(f"weir monitor {name} ended with {process.returncode}:\n{complaint[-2000:]}")
    result = json.loads(printed)
    if result["decisions"] != n_decisions:
        raise MonitorBenchError(f"weir monitor {name} saw {result['decisions']:,} decisions of {n_decisions:,}")
    return Cost(
        command=f"weir monitor {name}",
        n_decisions=n_decisions,
        seconds=round(seconds, 1),
        cpu_s=round(used.ru_utime + used.ru_stime, 1),
        peak_rss_mb=round(used.ru_maxrss / 1024, 0),
        status=str(result["status"]),
    )


def environment() -> dict[str, str]:
    """One thread a library: what a monitor beside a server should have."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
