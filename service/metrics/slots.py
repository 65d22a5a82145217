"""Slots: one file of 64-bit integers a worker, mapped into memory.

Counting is one addition to an integer, with no lock and no system call; a scrape in any worker sums the files of all.
Each slot has one writing thread. The counters of a worker that died still count, its gauges do not.
"""

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Final

WIDTH: Final = 8
_PATTERN: Final = "worker-*.slots"


def run_directory() -> Path:
    """The folder that the workers of this server share, and no other server: named for their parent process."""
    parent = os.getppid()
    return Path(gettempdir()) / f"weir-metrics-{os.getuid()}-{parent}-{_started(parent)}"


def open_slots(directory: Path, n_slots: int) -> memoryview:
    """The slots of this worker, all zero."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"worker-{os.getpid()}.slots"
    path.write_bytes(bytes(n_slots * WIDTH))
    with path.open("r+b") as file:
        return memoryview(mmap.mmap(file.fileno(), n_slots * WIDTH)).cast("q")


def read_slots(directory: Path, n_slots: int) -> Iterator[tuple[list[int], bool]]:
    """Every worker's slots, and whether it still runs."""
    for path in sorted(directory.glob(_PATTERN)):
        content = path.read_bytes()
        if len(content) == n_slots * WIDTH:
            yield memoryview(content).cast("q").tolist(), _runs(int(path.stem.removeprefix("worker-")))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """When a process started, in clock ticks: tells apart two processes that had the same number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return "0"
