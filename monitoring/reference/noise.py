"""Noise: how much stretches of a reference differ from the whole, beyond chance. What is usual is no alarm.

Traffic is not drawn from an urn: mornings are not evenings, and Saturdays are not Mondays. Each question of the
detector is put to stretches of the reference itself, as long as the windows it will meet; then once more to stretches
of the same sizes with the rows shuffled. The difference of the two is what time does, and a change has to be larger.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.drift import embeddings
from monitoring.drift.coded import vectors_of
from monitoring.drift.effects import Effects
from monitoring.drift.part import Part
from monitoring.drift.prepared import Prepared, prepare, weights_of
from monitoring.drift.questions import ask
from monitoring.drift.verdicts import Subject
from monitoring.windows.window import HOUR_US, Window

Float64s = NDArray[np.float64]
Ints = NDArray[np.intp]

LENGTHS_H: Final = (1, 6, 24)
"""Hours of the stretches: those of the windows."""
MIN_STRETCHES: Final = 4
MAX_STRETCHES: Final = 48
"""Stretches of a length that are looked at, spread evenly over the reference."""
MIN_ROWS: Final = 100
"""Rows of a stretch that is looked at."""
MARGIN: Final = 1.25
"""The windows to come are more than the stretches that were seen: the largest of them will be exceeded."""
_SEED: Final = 3


def measure_noise(window: Window) -> dict[str, float]:
    """How much is usual, by `name/question@hours`; empty for a reference without times or too short."""
    if not window.totals.by_hour or "decided_at_us" not in window.frame.columns:
        return {}
    prepared = prepare(window)
    weights = weights_of(window.frame)
    codes = {name: cells.encode(window.frame[name]) for name, cells in prepared.cells.items()}
    noise: dict[str, float] = {}
    for hours in LENGTHS_H:
        stretches = list(stretches_of(window, hours))
        if len(stretches) >= MIN_STRETCHES:
            shuffled = _shuffled(stretches, window.n_rows)
            seen = _largest(_effects(prepared, codes, weights, stretches))
            chance = _largest(_effects(prepared, codes, weights, shuffled))
            noise |= {f"{key}@{hours}": excess(effect, chance.get(key, 0.0)) for key, effect in seen.items()}
    return {key: round(value, 6) for key, value in noise.items() if value}


def excess(seen: float, chance: float) -> float:
    """What is left of the effect when chance, which adds as variances do, is taken off."""
    return MARGIN * float(np.sqrt(max(0.0, seen**2 - chance**2)))


def stretches_of(window: Window, hours: int) -> Iterator[Ints]:
    """Rows of stretches of so many hours, one after the other."""
    moments = window.frame["decided_at_us"].to_numpy(dtype=np.int64)
    starts = np.arange(window.period.start_us, window.period.end_us - hours * HOUR_US + 1, hours * HOUR_US)
    if len(starts) > MAX_STRETCHES:
        starts = starts[np.linspace(0, len(starts) - 1, MAX_STRETCHES).astype(int)]
    for start in starts:
        first, last = np.searchsorted(moments, [start, start + hours * HOUR_US])
        if last - first >= MIN_ROWS:
            yield np.arange(first, last)


def _shuffled(stretches: Sequence[Ints], n_rows: int) -> list[Ints]:
    """Stretches of the same sizes, of rows from anywhere."""
    generator = np.random.default_rng(_SEED)
    return [np.sort(generator.choice(n_rows, len(rows), replace=False)) for rows in stretches]


def _effects(
    prepared: Prepared, codes: Mapping[str, Ints], weights: Float64s, stretches: Sequence[Ints]
) -> Iterator[tuple[str, float]]:
    settings, names = Effects(), list(prepared.cells)
    for rows in stretches:
        columns = [
            (cells, prepared.questions[name], cells.count(codes[name][rows], weights[rows]))
            for name, cells in prepared.cells.items()
        ]
        for name, parts in zip(names, ask(columns, settings), strict=True):
            yield from ((f"{name}/{part.name}", part.effect) for part in parts if part.p_value < 1.0)
        for subject, space in prepared.spaces.items():
            parts = _embedding(prepared, subject, space, rows, weights[rows])
            yield from ((f"{subject.value}/{part.name}", part.effect) for part in parts)


def _embedding(
    prepared: Prepared, subject: Subject, space: embeddings.Space, rows: Ints, weights: Float64s
) -> list[Part]:
    vectors = vectors_of(prepared.window, subject)[rows]
    known = np.isfinite(vectors).all(axis=1)
    if known.sum() < embeddings.MIN_ROWS:
        return []
    return embeddings.compare(space, space.whiten(vectors[known]), weights[known], Effects())


def _largest(effects: Iterator[tuple[str, float]]) -> dict[str, float]:
    largest: dict[str, float] = defaultdict(float)
    for key, effect in effects:
        largest[key] = max(largest[key], effect)
    return largest
