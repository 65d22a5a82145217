"""Cells: the values of a column cut into at most some hundred places, so that every test is one of counts.

Numbers are cut at quantiles of the reference, each quantile a cell of its own: columns with many ties (mostly zero, or
whole numbers) lose nothing, and a value that the reference never had falls into a cell that it left empty. Everything
is compared in 32 bits, as references keep it: a third in 64 bits is not one in 32.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.windows.columns import Column, Kind

Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]
Ints = NDArray[np.intp]

MAX_ATOMS: Final = 128
"""Quantiles that numbers are cut at: distances between distributions are seen to within 1/128."""
MAX_VALUES: Final = 20
"""Words of a column that are looked at one by one; the rarer and the new ones count together."""
HALF: Final = 0.5
"""Probabilities are cut here too: more likely than not."""
_NOTHING: Final = np.full(1, np.nan, np.float32)


@dataclass(frozen=True, slots=True)
class Cells:
    """How a column is cut, and what the reference holds.

    Attributes:
        column: that is cut.
        atoms: ascending quantiles, for numbers; cell `2k + 1` holds what equals atom `k`, `2k` what lies below it and
            above the one before. Empty for words.
        values: the words, for words; the cell after the last holds all others. Empty for numbers.
        counts: rows of the reference in each cell, scaled to its effective size; the last cell holds what is missing.

    """

    column: Column
    atoms: Float32s
    values: tuple[str, ...]
    counts: Float64s

    @property
    def n_cells(self) -> int:
        """With the one for what is missing."""
        return len(self.counts)

    @property
    def is_empty(self) -> bool:
        """The reference holds nothing of it."""
        return not self.counts[:-1].any()

    def encode(self, series: "pd.Series[float]") -> Ints:
        """The cell of each row. *Shape:* `(rows,)`."""
        return encode(self.atoms, self.values, series)

    def count(self, codes: Ints, weights: Float64s) -> Float64s:
        """Rows in each cell, scaled to the effective size of the sample. *Shape:* `(n_cells,)`."""
        return count(codes, weights, self.n_cells)

    def count_exactly(self, counts: Mapping[str, int], n_missing: int) -> Float64s:
        """The same from exact counts by word."""
        known = [counts.get(value, 0) for value in self.values]
        return np.array([*known, sum(counts.values()) - sum(known), n_missing], dtype=float)


def cut(column: Column, series: "pd.Series[float]", weights: Float64s) -> Cells:
    """Cut a column at the reference's values."""
    atoms, values = _atoms(column, series), _values(column, series)
    n_cells = len(values) + 2 if column.kind is Kind.CATEGORY else 2 * len(atoms) + 2
    return Cells(column, atoms, values, count(encode(atoms, values, series), weights, n_cells))


def thinned(cells: Cells, ratio: float) -> Cells:
    """The cells of a flag that is true in this share of the rows in which it was."""
    counts, zero = cells.counts.copy(), 2 * int(np.searchsorted(cells.atoms, 0.0)) + 1
    is_true = np.ones(len(counts), dtype=bool)
    is_true[[zero, -1]] = False
    counts[zero] += (1.0 - ratio) * counts[is_true].sum()
    counts[is_true] *= ratio
    return replace(cells, counts=counts)


def encode(atoms: Float32s, values: tuple[str, ...], series: "pd.Series[float]") -> Ints:
    """The cell of each row; what is missing comes last."""
    if isinstance(series.dtype, pd.CategoricalDtype) or series.dtype == object:
        words = series if isinstance(series.dtype, pd.CategoricalDtype) else series.astype("category")
        places = pd.Index(values, dtype=object).get_indexer(words.cat.categories.astype(object))
        cell = np.append(np.where(places < 0, len(values), places), len(values) + 1)
        return np.asarray(cell[words.cat.codes.to_numpy()], dtype=np.intp)
    numbers = series.to_numpy(dtype=np.float32)
    right = np.searchsorted(atoms, numbers, side="right")
    equal = np.concatenate((_NOTHING, atoms))[right] == numbers
    codes = 2 * right - equal
    codes[np.isnan(numbers)] = 2 * len(atoms) + 1
    return np.asarray(codes, dtype=np.intp)


def count(codes: Ints, weights: Float64s, n_cells: int) -> Float64s:
    """Rows in each cell, scaled to the effective size of the sample (`effective_size`)."""
    counts = np.bincount(codes, weights, n_cells).astype(float)
    total = counts.sum()
    return counts * (effective_size(weights) / total) if total else counts


def effective_size(weights: Float64s) -> float:
    """How many rows of equal weight would tell as much.

    Source: Kish 1965, "Survey Sampling", section 8.2.
    """
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _atoms(column: Column, series: "pd.Series[float]") -> Float32s:
    if column.kind is Kind.CATEGORY:
        return _NOTHING[:0]
    numbers = series.to_numpy(dtype=np.float32)
    numbers = np.sort(numbers[~np.isnan(numbers)])
    if not len(numbers):
        return _NOTHING[:0]
    distinct = np.unique(numbers)
    if len(distinct) > MAX_ATOMS:
        distinct = np.unique(numbers[np.linspace(0, len(numbers) - 1, MAX_ATOMS).astype(int)])
    extra = [0.0, HALF] if column.kind is Kind.PROBABILITY else [0.0]
    return np.union1d(distinct, np.array(extra, dtype=np.float32))


def _values(column: Column, series: "pd.Series[float]") -> tuple[str, ...]:
    if column.kind is not Kind.CATEGORY:
        return ()
    return tuple(str(value) for value in series.dropna().value_counts().index[:MAX_VALUES])
