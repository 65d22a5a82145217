"""Slices: how each tenant, surface and language is doing, beside the reference."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.contracts.base import Value
from monitoring.drift.verdicts import Slice
from monitoring.windows.columns import SCORE_PREFIX
from monitoring.windows.window import Window

COLUMNS: Final = ("tenant", "surface", "language")
MAX_SLICES: Final = 8
"""Of a column, the largest; a report is read by people."""
MIN_ROWS: Final = 30
"""Below so many rows a share is left out: its interval would be wider than 30 points."""


class Shares(Value):
    """What a part of the traffic looks like.

    Attributes:
        traffic: its share of all decisions.
        flagged, review: shares of its decisions; None with too few rows to say.
        highest_score: mean of the highest probability of each decision; None as well where nothing was scored.

    """

    traffic: float
    flagged: float | None = None
    review: float | None = None
    highest_score: float | None = None


class SliceComparison(Value):
    """One part of the traffic then and now.

    Attributes:
        n_rows: of the window's sample.

    """

    part: Slice
    n_rows: int
    was: Shares | None
    now: Shares


def compare_slices(reference: Window | None, window: Window) -> tuple[SliceComparison, ...]:
    """The largest parts by each column, and the same parts of the reference; nothing of an empty window."""
    return tuple(comparison for column in COLUMNS for comparison in _by_column(column, reference, window))


def _by_column(column: str, reference: Window | None, window: Window) -> Iterator[SliceComparison]:
    if column not in window.frame or not window.n_rows:
        return
    weights = window.frame["weight"].astype(float).groupby(window.frame[column].astype(object)).sum()
    for value in weights.sort_values(ascending=False).index[:MAX_SLICES]:
        rows = window.frame[window.frame[column] == value]
        yield SliceComparison(
            part=Slice(column=column, value=str(value)),
            n_rows=len(rows),
            was=None if reference is None else _was(column, value, reference.frame),
            now=_measure(rows, window.frame),
        )


def _was(column: str, value: object, frame: pd.DataFrame) -> Shares | None:
    return _measure(frame[frame[column] == value], frame) if column in frame and len(frame) else None


def _measure(rows: pd.DataFrame, everything: pd.DataFrame) -> Shares:
    weights = rows["weight"].to_numpy(np.float64)
    traffic = float(weights.sum() / everything["weight"].sum())
    if len(rows) < MIN_ROWS:
        return Shares(traffic=traffic)
    scores = rows[[name for name in rows if name.startswith(SCORE_PREFIX)]].max(axis=1)
    return Shares(
        traffic=traffic,
        flagged=_mean(rows["flagged"], weights),
        review=_mean(rows["review"], weights),
        highest_score=_mean(scores, weights),
    )


def _mean(values: "pd.Series[float]", weights: NDArray[np.float64]) -> float | None:
    numbers = values.to_numpy(np.float64)
    known = np.isfinite(numbers)
    return float(np.average(numbers[known], weights=weights[known])) if known.any() else None
