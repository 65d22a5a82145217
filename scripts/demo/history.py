"""History: a copy of a store in which the decisions of a demonstration have their simulated times.

A server decides now, and days of traffic take days. So the posts are sent as fast as the server answers, and what is
looked at afterwards is a copy in which every decision lies where the simulated day put it. The store itself is never
touched; in the copy the hash chain does not fit the new times, and `weir audit verify` says so there.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

HOUR_US: Final = 3_600_000_000
MINUTE_US: Final = 60_000_000
_FAILED_BY: Final = "default"


class HistoryError(Exception):
    """The copy cannot be made; the message says what to do."""


@dataclass(frozen=True)
class History:
    """What was written.

    Attributes:
        start_us, end_us: of the copy's decisions, microseconds since 1970.

    """

    n_decisions: int
    n_failures: int
    start_us: int
    end_us: int


def write_history(store: Path, log: Path, out: Path, end_us: int) -> History:
    """Copy a store and give its decisions their simulated times, the last of them just before `end_us`.

    Args:
        store: SQLite file of the server that the traffic went through.
        log: that `weir demo traffic` wrote.
        out: the copy; must not exist yet.
        end_us: where the traffic ends: the next full hour of the simulation is put there.

    Raises:
        HistoryError: a file is missing or in the way, or the log is of another store.

    """
    if not store.is_file():
        raise HistoryError(f"{store}: no such store; this is for SQLite files")
    if out.exists():
        raise HistoryError(f"{out} exists; remove it or choose another --out")
    lines = read_log(log)
    start_us = end_us - _whole_hours(lines) * HOUR_US
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as source, closing(sqlite3.connect(out)) as copy:
        source.backup(copy)
        n_moved = _move(copy, lines, start_us)
        if not n_moved:
            out.unlink()
            raise HistoryError(f"{log}: none of its decisions is in {store}; name the store that the server writes")
        n_failures = _place_failures(copy, lines, start_us)
        copy.commit()
    return History(n_moved, n_failures, start_us, end_us)


def read_log(path: Path) -> list[Mapping[str, Any]]:
    """The lines of a log.

    Raises:
        HistoryError: there is none, or it is not one.

    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if lines and all(isinstance(line["hour"], float | int) for line in lines):
            return lines
    except (OSError, ValueError, TypeError, KeyError):
        pass
    raise HistoryError(f"{path}: not a log of `weir demo traffic`")


def _whole_hours(lines: Iterable[Mapping[str, Any]]) -> int:
    return int(max(line["hour"] for line in lines)) + 1


def _move(copy: sqlite3.Connection, lines: Iterable[Mapping[str, Any]], start_us: int) -> int:
    """Give decisions, and reviews of them, their simulated times."""
    times = [(start_us + round(line["hour"] * HOUR_US), line["decision_id"]) for line in lines if "decision_id" in line]
    moved = copy.executemany("UPDATE decisions SET decided_at_us = ? WHERE decision_id = ?", times).rowcount
    copy.executemany("UPDATE reviews SET created_at_us = ? WHERE decision_id = ?", times)
    return moved


def _place_failures(copy: sqlite3.Connection, lines: Iterable[Mapping[str, Any]], start_us: int) -> int:
    """Count failures by the simulated minute, instead of what the server counted in its own."""
    counts = Counter(
        (start_us + int(line["hour"] * 60) * MINUTE_US, line["surface"], line["code"])
        for line in lines
        if "code" in line
    )
    copy.execute("DELETE FROM item_failures")
    copy.executemany(
        "INSERT INTO item_failures (failure_id, at_us, tenant, surface, code, n_items) VALUES (?, ?, ?, ?, ?, ?)",
        [(str(uuid4()), at_us, _FAILED_BY, surface, code, n) for (at_us, surface, code), n in sorted(counts.items())],
    )
    return sum(counts.values())
