"""`weir bench replay`: how long a replay of many recorded decisions takes."""

import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from scripts.bench.machine import Machine, describe_machine
from scripts.bench.matching_report import Sheet
from scripts.bench.replay_store import WEEK_US, make_store
from service.policy.document import load_policy
from service.rollout.replay.running import Replay, run_replay
from service.rollout.replay.selection import Selection
from service.rollout.replay.tally import Tally

SECTION: Final = "bench replay"
DEMANDED_S: Final = 120.0
"""For a million decisions on two cores."""
DEMANDED_N: Final = 1_000_000
_STRICTER: Final = ("action: label", "action: hold")

Announce = Callable[[str, int], None]
"""Told what begins, and how many decisions it is about."""
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Timing:
    """One replay of the whole store.

    Attributes:
        seconds: on the clock.
        cpu_seconds: of all processes together, which other work on the machine changes little.

    """

    policy: str
    n_processes: int
    seconds: float
    cpu_seconds: float
    n_replayed: int
    n_changed: int


@dataclass(frozen=True)
class ReplayReport:
    """What was measured, where."""

    machine: Machine
    n_decisions: int
    store_mib: float
    timings: tuple[Timing, ...]

    def as_json(self) -> dict[str, object]:
        """Ready for JSON."""
        return asdict(self)


def run_bench(
    bundles: Path, policy: Path, n_decisions: int, n_processes: int, announce: Announce, advance: Advance
) -> ReplayReport:
    """Make a store, and replay it by the policy that decided and by a stricter one.

    Args:
        bundles: folder of bundles.
        policy: that decided.
        n_decisions: in the store.
        n_processes: of each replay.
        announce: told what begins.
        advance: told how many decisions more are done.

    """
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        path = Path(folder) / "weir.db"
        announce("making the store", n_decisions)
        url = make_store(path, bundles, policy, n_decisions, advance)
        machine = describe_machine()
        text = load_policy(policy).text
        timings = []
        for name, tried in (("the same", text), ("a stricter one", text.replace(*_STRICTER))):
            announce(f"replaying by {name}", n_decisions)
            timings.append(_timed(url, name, tried, n_processes, advance))
        return ReplayReport(machine, n_decisions, path.stat().st_size / 2**20, tuple(timings))


def replay_sheet(report: ReplayReport) -> Sheet:
    """The table."""
    rows = tuple(
        (
            timing.policy,
            str(timing.n_processes),
            f"{timing.seconds:.1f}",
            f"{timing.cpu_seconds:.1f}",
            f"{report.n_decisions / timing.seconds:,.0f}",
            f"{timing.n_changed:,}",
        )
        for timing in report.timings
    )
    columns = ("policy", "processes", "seconds", "processor seconds", "decisions a second", "actions changed")
    return Sheet(f"Replay of {report.n_decisions:,} recorded decisions", columns, rows, _note(report))


def replay_section(report: ReplayReport) -> str:
    """What stands in the document."""
    machine = report.machine
    made = (
        f"`weir bench replay --decisions {report.n_decisions}`, {machine.date}, {machine.cpu}, {machine.n_cores} cores "
        f"({machine.busy_before:.0%} busy with other work just before), Python {machine.python}."
    )
    return f"## Replay\n\n{made}\n\n{replay_sheet(report).markdown()}"


def _note(report: ReplayReport) -> str:
    slowest = max(timing.seconds for timing in report.timings)
    scaled = slowest * DEMANDED_N / report.n_decisions
    verdict = "within" if scaled <= DEMANDED_S else "beyond"
    return (
        f"A SQLite file of {report.store_mib:,.0f} MiB; the start of the processes is in the time. "
        f"{scaled:.0f} s a million: {verdict} the {DEMANDED_S:.0f} s that are asked for on two cores."
    )


def _timed(url: str, name: str, text: str, n_processes: int, advance: Advance) -> Timing:
    began, used = time.perf_counter(), _cpu_seconds()
    tally: Tally = run_replay(
        Replay(url, text, Selection(0, time.time_ns() // 1000 + WEEK_US)), n_processes, advance=advance
    )
    seconds, cpu_seconds = time.perf_counter() - began, _cpu_seconds() - used
    return Timing(name, n_processes, seconds, cpu_seconds, tally.n_replayed, tally.n_changed)


def _cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(entry.ru_utime + entry.ru_stime for entry in used)
