"""Sampling: some thousand rows that stand for a window, in the form that Evidently reads.

Rows of a window carry weights (rare categories are kept more often than they occur), which Evidently does not know. So
rows are drawn in proportion to their weight, at equal distances along the sum of weights: with equal weights that is
every n-th row, and nothing is drawn twice unless it stands for more than one place.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.windows.columns import COLUMNS, Column, Kind
from monitoring.windows.window import Float32s, Window

MAX_ROWS: Final = 5_000
"""Rows a side that distances of columns are measured on; keeps a report's time apart from the window's size."""
MAX_VECTORS: Final = 1_500
"""Embeddings a side; the kernel of the discrepancy is quadratic in them."""
MIN_VALUES: Final = 30
"""Values a side below which a distance between distributions says nothing."""
MAX_WORDS: Final = 30
"""Words of a column that are told apart; the others are one."""
OTHER: Final = "(other)"
NONE: Final = "(none)"


def draw(weights: NDArray[np.float64], n_rows: int, seed: int = 0) -> NDArray[np.intp]:
    """Draw places in proportion to their weight, in order; all of them where they are few and weigh the same.

    Args:
        weights: of the rows, positive. *Shape:* `(n,)`.
        n_rows: at most so many.
        seed: of the starting point.

    """
    n_rows = min(n_rows, len(weights))
    if not n_rows:
        return np.empty(0, np.intp)
    sums = np.cumsum(weights)
    start = np.random.default_rng(seed).uniform()
    points = (np.arange(n_rows) + start) * (sums[-1] / n_rows)
    places: NDArray[np.intp] = np.minimum(np.searchsorted(sums, points, side="right"), len(weights) - 1)
    return places


def draw_rows(window: Window, n_rows: int = MAX_ROWS, seed: int = 0) -> pd.DataFrame:
    """Rows that stand for the window, without weights."""
    return window.frame.iloc[draw(window.frame["weight"].to_numpy(np.float64), n_rows, seed)]


def draw_vectors(window: Window, vectors: Float32s, n_rows: int = MAX_VECTORS, seed: int = 0) -> Float32s:
    """Embeddings that stand for the window; rows without one are left out. *Shape:* `(at most n_rows, size)`."""
    has_one = np.isfinite(vectors).all(axis=1)
    weights = window.frame["weight"].to_numpy(np.float64)[has_one]
    return vectors[has_one][draw(weights, n_rows, seed)]


def pair(reference: pd.DataFrame, current: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, tuple[Column, ...]]:
    """Both sides with the columns that can be compared, typed as Evidently needs them, and which those are."""
    columns = tuple(column for column in COLUMNS if _is_comparable(column.name, reference, current))
    words = {column.name: _frequent(reference[column.name]) for column in columns if column.kind is Kind.CATEGORY}
    was, now = (
        pd.DataFrame({one.name: _typed(frame[one.name], one, words.get(one.name, ())) for one in columns})
        for frame in (reference, current)
    )
    return was, now, columns


def left_out(compared: Iterable[str]) -> tuple[str, ...]:
    """Names of the columns that are not among those that were compared."""
    compared = set(compared)
    return tuple(column.name for column in COLUMNS if column.name not in compared)


def _is_comparable(name: str, *frames: pd.DataFrame) -> bool:
    return all(name in frame and int(frame[name].notna().sum()) >= MIN_VALUES for frame in frames)


def _frequent(values: "pd.Series[str]") -> tuple[str, ...]:
    return tuple(str(word) for word in values.value_counts().index[:MAX_WORDS])


def _typed(values: "pd.Series[float]", column: Column, words: Sequence[str]) -> "pd.Series[float]":
    values = values.reset_index(drop=True)
    if column.kind is Kind.FLAG:
        return values.map({1.0: "yes", 0.0: "no"}).fillna(NONE)
    if column.kind is Kind.CATEGORY:
        named = values.astype(object).where(values.notna(), NONE).astype(str)
        told = named.where(named.isin({*words, NONE}), OTHER)
        return told.str.replace("<", "(", regex=False)  # Evidently writes words into a script as they are
    return values.astype(np.float64)
