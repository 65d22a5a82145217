"""A report beside a server: requests a second with one in progress and without, window by window in turns.

The server writes into the very store that the report reads. Reports follow each other in a process that is stopped
(SIGSTOP) in every other window, so both kinds of window see the same machine a few seconds apart.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from scripts.bench.client import LoadPlan, run_load
from scripts.bench.corpus import load_texts
from scripts.bench.fleet import START_TIMEOUT_S, is_ready, serialised, workspace
from scripts.bench.machine import Machine, describe_machine
from scripts.bench.monitor import MonitorBenchError, build_reference_of, environment, report_command, store_of
from scripts.bench.paired_results import ratio_interval, ratio_of_medians
from scripts.bench.processes import HOST, REPOSITORY, ServerProcess, free_port, start_server
from scripts.bench.scenarios import SCENARIOS
from scripts.bench.summary import median
from scripts.bench.systems import WEIR

Announce = Callable[[str], None]
LARGEST_LOSS: Final = 0.10
"""What a report in progress may cost the server."""
_LOAD: Final = next(one for one in SCENARIOS if one.name == "single_c64")
_AGAIN: Final = (
    "import subprocess, sys\n"
    "while subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, start_new_session=True) in (0, 3, 4): pass"
)
"""Each report leads a session, as one that systemd starts does."""


@dataclass(frozen=True)
class Window:
    """One measured window: requests a second, and the processor time that reports took in it."""

    round: int
    is_reporting: bool
    requests_per_s: float
    report_cpu_s: float


@dataclass(frozen=True)
class ServingReport:
    """Everything one run found.

    Attributes:
        ratio: of the medians, with a report to without.
        low, high: 95 % interval of the ratio.
        report_cores: cores that reports got while one was in progress.

    """

    machine: Machine
    n_workers: int
    n_stored: int
    seconds: float
    without_per_s: float
    with_per_s: float
    ratio: float
    low: float
    high: float
    report_cores: float
    windows: tuple[Window, ...]

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def run_serving(
    bundle: Path, n_workers: int, n_stored: int, repeats: int, seconds: float, folder: Path, announce: Announce
) -> ServingReport:
    """Start a server on a store and report over it.

    Args:
        bundle: that scores texts.
        n_workers: of the server.
        n_stored: decisions of the day that are reported over.
        repeats: rounds, each of a window with a report and one without; who begins alternates.
        seconds: of a window.
        folder: for the store.
        announce: told what is being done.

    Raises:
        scripts.bench.processes.ServerStartError: the server did not start.
        MonitorBenchError: the reports ended.

    """
    machine = describe_machine()
    announce("making a store")
    with store_of(n_stored, folder) as url, workspace(bundle) as place:
        build_reference_of(url, place / "home")
        announce("starting the server")
        with _server(bundle, place, url, n_workers) as server, _reports(url, place / "home") as reports:
            windows = tuple(_rounds(server, reports, repeats, seconds, announce))
    return _summarise(machine, n_workers, n_stored, seconds, windows)


def _rounds(
    server: ServerProcess, reports: "subprocess.Popen[bytes]", repeats: int, seconds: float, announce: Announce
) -> Iterator[Window]:
    requests = serialised(WEIR, _LOAD, load_texts())
    plan = LoadPlan(concurrency=_LOAD.concurrency, warmup_s=0.5, seconds=seconds)
    for number in range(repeats):
        for is_reporting in (number % 2 == 0, number % 2 == 1):
            announce(f"round {number + 1}, {'with' if is_reporting else 'without'} a report")
            if reports.poll() is not None:
                raise MonitorBenchError("the reports ended: run weir monitor report over the store to see why")
            _signal(reports, signal.SIGCONT if is_reporting else signal.SIGSTOP)
            used = _cpu_s(reports)
            tally = run_load(HOST, server.port, requests, plan)
            if tally.errors:
                raise MonitorBenchError(f"the server failed {tally.errors} requests")
            yield Window(number, is_reporting, tally.requests_per_s, _cpu_s(reports) - used)


@contextmanager
def _server(bundle: Path, place: Path, url: str, n_workers: int) -> Iterator[ServerProcess]:
    port = free_port()
    given = WEIR.environment(port, bundle, place, n_workers) | {"WEIR_DATABASE_URL": url}
    server = start_server(WEIR.name, WEIR.command(port), given, port)
    try:
        server.wait_ready(lambda port: is_ready(WEIR, port), START_TIMEOUT_S)
        server.settle()
        yield server
    finally:
        server.stop()


@contextmanager
def _reports(url: str, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """One report after the other, in a session of their own."""
    command = [sys.executable, "-c", _AGAIN, *report_command(url, home)]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, env=environment(), stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        time.sleep(1.0)
        yield process
    finally:
        _signal(process, signal.SIGCONT)
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """To the process and all that it started; it goes first, so that it starts nothing meanwhile."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(process.pid)
        for one in (root, *root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                one.send_signal(number)


def _cpu_s(process: "subprocess.Popen[bytes]") -> float:
    """Of the process, of those it started, and of those of them that ended."""
    import psutil

    used = 0.0
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(process.pid)
        for one in (root, *root.children(recursive=True)):
            times = one.cpu_times()
            used += times.user + times.system + (times.children_user + times.children_system if one == root else 0.0)
    return used


def _summarise(
    machine: Machine, n_workers: int, n_stored: int, seconds: float, windows: Sequence[Window]
) -> ServingReport:
    rates = {kind: [one.requests_per_s for one in windows if one.is_reporting is kind] for kind in (False, True)}
    pairs = list(zip(rates[False], rates[True], strict=True))
    low, high = ratio_interval(pairs)
    used = [one.report_cpu_s for one in windows if one.is_reporting]
    return ServingReport(
        machine=machine,
        n_workers=n_workers,
        n_stored=n_stored,
        seconds=seconds,
        without_per_s=median(rates[False]),
        with_per_s=median(rates[True]),
        ratio=ratio_of_medians(pairs),
        low=low,
        high=high,
        report_cores=median(used) / (seconds + 0.5),
        windows=tuple(windows),
    )
