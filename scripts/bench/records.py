"""`weir bench records`: how many decisions two processes put on one SQLite file, and how long each answer waits for it.

Beside it the same without turns (`service.records.turns`), where processes wait inside SQLite's busy handler.
"""

import asyncio
import contextlib
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

from scripts.bench.machine import Machine, describe_machine
from scripts.bench.report import machine_line
from service.identity import UuidSource
from service.records import ledger
from service.records.commitments import COLUMNS, PERSONAL, commit
from service.records.schema import open_database
from service.records.tables import Row, deciders
from service.records.unit import Unit
from service.records.writer import RecordWriter

SECTION = "weir bench records"
MODES = ("with turns", "without turns")
Found = SimpleQueue[list[float]]
_DECIDER = "d" * 16
_SCORES = '{"harassment":0.012345,"hate":0.001234,"sexual":0.000321,"violence":0.004321,"toxicity":0.023456}'


@dataclass(frozen=True)
class Wait:
    """One measurement.

    Attributes:
        per_s: decisions a second of all processes together.
        slowest_share: of the process that wrote fewest, against an equal share.

    """

    mode: str
    concurrency: int
    per_s: float
    slowest_share: float
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True)
class RecordsReport:
    """All measurements."""

    machine: Machine
    n_processes: int
    seconds: float
    waits: tuple[Wait, ...]

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)

    def typical(self, mode: str, concurrency: int) -> Wait:
        """The median of each number over all rounds; the longest of the longest waits."""
        found = [wait for wait in self.waits if (wait.mode, wait.concurrency) == (mode, concurrency)]
        names = ("per_s", "slowest_share", "p50_ms", "p99_ms")
        middle = {name: median(getattr(wait, name) for wait in found) for name in names}
        return Wait(mode, concurrency, **middle, max_ms=max(wait.max_ms for wait in found))


def run_records(
    n_processes: int, concurrencies: Sequence[int], repeats: int, seconds: float, advance: Callable[[str], None]
) -> RecordsReport:
    """Measure both ways in turns, each time on a new file."""
    machine = describe_machine()
    waits = []
    for _ in range(repeats):
        for concurrency in concurrencies:
            for mode in MODES:
                advance(f"{mode}, {concurrency} answers at a time")
                waits.append(measure(mode, n_processes, concurrency, seconds))
    return RecordsReport(machine, n_processes, seconds, tuple(waits))


def measure(mode: str, n_processes: int, concurrency: int, seconds: float) -> Wait:
    """Some processes, each with so many answers that wait at a time."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'weir.db'}"
        engine = open_database(url)
        with engine.begin() as connection:
            row = {"id": _DECIDER, "policy_name": "p", "policy_version": "v", "policy_text": "t", "bundles": "[]"}
            connection.execute(deciders.insert().values(row))
        engine.dispose()
        begin, found = context.Event(), context.SimpleQueue()
        ready = [context.Event() for _ in range(n_processes)]
        jobs = [
            context.Process(target=_write, args=(url, mode, concurrency, seconds, one, begin, found)) for one in ready
        ]
        for job in jobs:
            job.start()
        for one in ready:
            one.wait()
        begin.set()
        waited = [found.get() for _ in jobs]
        for job in jobs:
            job.join()
    every = sorted(wait for one in waited for wait in one)
    slowest = min(map(len, waited)) * n_processes / len(every)
    at = [every[int((len(every) - 1) * share)] * 1e3 for share in (0.5, 0.99, 1.0)]
    return Wait(mode, concurrency, len(every) / seconds, slowest, *at)


def _write(url: str, mode: str, concurrency: int, seconds: float, ready: Event, begin: Event, found: Found) -> None:
    """One process: decisions one after another from so many tasks, each waiting for its acknowledgement."""
    without = mock.patch.object(ledger, "turn", contextlib.nullcontext)
    with contextlib.nullcontext() if mode == MODES[0] else without:
        writer = RecordWriter(open_database(url), 100_000, 0.0, lambda _n, _s: None)
        writer.start()
        ready.set()
        begin.wait()
        found.put(asyncio.run(_answer(writer, concurrency, seconds)))
        writer.close(10)


async def _answer(writer: RecordWriter, concurrency: int, seconds: float) -> list[float]:
    waits: list[float] = []
    loop, new_id, until = asyncio.get_running_loop(), UuidSource(), time.perf_counter() + seconds

    async def answer() -> None:
        while (began := time.perf_counter()) < until:
            done: asyncio.Future[bool] = loop.create_future()
            writer.put(Unit([_row(new_id())], loop=loop, on_done=done.set_result))
            await done
            waits.append(time.perf_counter() - began)

    await asyncio.gather(*(answer() for _ in range(concurrency)))
    return waits


def _row(decision_id: str) -> Row:
    values: dict[str, Any] = {
        **dict.fromkeys(COLUMNS),
        "decision_id": decision_id,
        "decided_at_us": time.time_ns() // 1000,
        "tenant": "default",
        "surface": "decisions",
        "modalities": "text",
        "content_digest": "0" * 64,
        "n_chars": 60,
        "n_tokens": 16,
        "n_windows": 1,
        "ascii_share": 1.0,
        "upper_share": 0.0,
        "digit_share": 0.0,
        "scores": _SCORES,
        "action": "allow",
        "review": False,
        "flagged": False,
        "decider_id": _DECIDER,
        "latency_ms": 1.0,
        "salt": os.urandom(16),
    }
    values["personal"] = commit([values[name] for name in PERSONAL], values["salt"])
    return tuple(values.values())


def records_section(report: RecordsReport) -> str:
    """The Markdown section."""
    method = (
        f"`weir bench records`: {report.n_processes} processes write to one SQLite file without scoring anything; each "
        "has so many answers that wait for the disk at a time, and asks for the next when one is acknowledged. Turns "
        "are the lock beside the file (docs/accountability.md); without them a process waits in SQLite's busy handler. "
        f"Medians over rounds of {report.seconds:g} s on new files, the longest wait of all rounds; the fairness is "
        "what the slower process wrote, of an equal share."
    )
    head = "| answers at a time | | decisions a second | fairness | p50 | p99 | longest |"
    lines = [head, "| ---: | --- | ---: | ---: | ---: | ---: | ---: |"]
    for concurrency in sorted({wait.concurrency for wait in report.waits}):
        for mode in MODES:
            one = report.typical(mode, concurrency)
            times = " | ".join(f"{value:.1f} ms" for value in (one.p50_ms, one.p99_ms, one.max_ms))
            lines.append(f"| {concurrency} | {mode} | {one.per_s:,.0f} | {one.slowest_share:.0%} | {times} |")
    return "\n\n".join(["## Decisions on disk", method, machine_line(report.machine), "\n".join(lines)])
