"""`weir bench tune`: the small grids from which every competitor's settings in `systems` were chosen."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from scripts.bench.results import Row, rows
from scripts.bench.rounds import ServeSettings
from scripts.bench.serving import measure_all
from scripts.bench.systems import System

GRIDS: Mapping[str, Mapping[str, Sequence[int]]] = {
    "bentoml_batchable": {"MAX_BATCH_SIZE": (16, 32, 64, 128)},
    "litserve": {"MAX_BATCH_SIZE": (16, 64), "MAX_WAIT_MS": (1, 5), "FAST_QUEUE": (0, 1), "API_SERVERS": (1, 2)},
    "mosec": {"MAX_BATCH_SIZE": (8, 16, 32, 64), "MAX_WAIT_MS": (1, 3)},
}


@dataclass(frozen=True)
class Candidate:
    """One point of a grid and what it reached."""

    settings: Mapping[str, int]
    rows: tuple[Row, ...]

    def line(self) -> str:
        """One line for people."""
        knobs = " ".join(f"{key}={value}" for key, value in self.settings.items())
        reached = "; ".join(
            f"{row.scenario} {row.texts_per_s:,.0f} texts/s, p99 {row.p99_ms:.0f} ms, "
            f"{row.cpu_ms_per_text:.2f} CPU ms/text, {row.errors} errors"
            for row in self.rows
        )
        return f"{knobs}: {reached}"


def points(grid: Mapping[str, Sequence[int]]) -> list[dict[str, int]]:
    """Every combination of a grid."""
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def run_tuning(system: System, settings: ServeSettings, advance: Callable[[str], None]) -> list[Candidate]:
    """Measure one system at every point of its grid, alone; the best at the first scenario comes first.

    Raises:
        scripts.bench.processes.ServerStartError: it did not start at some point.

    """
    candidates = []
    for point in points(GRIDS[system.name]):
        advance(", ".join(f"{key}={value}" for key, value in point.items()))
        tried = replace(settings, systems=(replace(system, settings=point),), with_raw=False)
        candidates.append(Candidate(point, tuple(rows(measure_all(tried, _ignore, _ignore)))))
    return sorted(candidates, key=lambda candidate: -candidate.rows[0].texts_per_s)


def _ignore(_: str) -> None:
    """Nobody listens to the steps inside one point."""
