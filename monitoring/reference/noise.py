"""Noise: how much stretches of a reference differ from the whole, beyond chance. What is usual is no alarm.

Traffic is not drawn from an urn: mornings are not evenings, and Saturdays are not Mondays. Each question of the
detector is put to stretches of the reference itself, as long as the windows it will meet; then once more to stretches
of the same sizes with the rows shuffled. The difference of the two is what time does, and a change has to be larger
than what time will do to a window to come: the fewer stretches were seen, the less is known of that.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

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
EXCEEDED: Final = 0.005
"""Share of the windows to come that may differ by more than what is called usual."""
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
            seen = _mean_squares(_effects(prepared, codes, weights, stretches), len(stretches))
            chance = _mean_squares(_effects(prepared, codes, weights, shuffled), len(stretches))
            noise |= {
                f"{key}@{hours}": usual(square, chance.get(key, 0.0), len(stretches)) for key, square in seen.items()
            }
    return {key: round(value, 6) for key, value in noise.items() if value}


def usual(seen: float, chance: float, n_stretches: int) -> float:
    """The effect that a window to come has at most, but for a share of `EXCEEDED`, when nothing changes.

    Chance adds as variances do, and is taken off. What is left varies as a stretch does around the whole that it is
    part of; a new window is no part of it, which widens the bound: `t sqrt(v) sqrt((1 + 1/n) / (1 - 1/n))`.

    Args:
        seen: mean square of the effects of stretches.
        chance: the same of shuffled ones.
        n_stretches: how many of each; two or more.

    Source: the prediction interval of a normal variable, as in Hahn and Meeker 1991, "Statistical Intervals".

    """
    widened = (1.0 + 1.0 / n_stretches) / (1.0 - 1.0 / n_stretches)
    quantile = float(stats.t.ppf(1.0 - EXCEEDED / 2.0, n_stretches - 1))
    return quantile * float(np.sqrt(max(0.0, seen - chance) * widened))


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


def _mean_squares(effects: Iterator[tuple[str, float]], n_stretches: int) -> dict[str, float]:
    """By key; a stretch that says nothing of it counts as none."""
    squares: dict[str, float] = defaultdict(float)
    for key, effect in effects:
        squares[key] += effect**2 / n_stretches
    return squares
