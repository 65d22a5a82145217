"""Bootstrap: how far a number would move on another sample of the same size.

Percentile intervals over rows drawn with replacement. Rows are drawn within strata (the sources of a mixed test: their
sizes are a choice of ours and not an accident of sampling), and can be drawn in groups (near-duplicates together,
because copies are not independent).
Source: Efron & Tibshirani (1993), "An introduction to the bootstrap", chapters 6 and 13.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.evaluation.arrays import Floats, Ints
from models.evaluation.results import Estimate

N_RESAMPLES = 200
CONFIDENCE = 0.95
_CHUNK_CELLS = 2_000_000
"""Weights held at once (16 MB): enough to vectorise, small enough for the cache of one core to matter little."""


def resample_weights(
    strata: NDArray[np.integer], n_resamples: int, seed: int, groups: NDArray[np.integer] | None = None
) -> Iterator[Floats]:
    """How often each row occurs in each resample, in chunks of *Shape:* `(some, n)` that add up to `n_resamples`.

    Args:
        strata: *Shape:* `(n,)`, any integers; each keeps its number of rows (or of groups) in every resample.
        n_resamples: how many in all.
        seed: the same seed, strata and groups give the same resamples, so that systems can be compared in pairs.
        groups: *Shape:* `(n,)`, any integers; rows of a stratum with the same one are drawn together.

    """
    rng = np.random.default_rng(seed)
    chunk = max(1, _CHUNK_CELLS // max(1, len(strata)))
    units = np.arange(len(strata)) if groups is None else groups
    members = [(rows, np.unique(units[rows], return_inverse=True)[1]) for rows in _rows_by_value(strata)]
    for start in range(0, n_resamples, chunk):
        weights = np.empty((min(chunk, n_resamples - start), len(strata)))
        for rows, unit in members:
            weights[:, rows] = _draws(int(unit.max()) + 1, len(weights), rng)[:, unit]
        yield weights


def estimate(value: float, resampled: Floats) -> Estimate:
    """The value on the sample itself, between the percentiles of its resamples.

    Resamples in which the value is undefined (NaN: no positive was drawn) are left out. The interval is widened to
    hold the value: a percentile interval of a bounded statistic can miss it by a hair.
    """
    tail = 100.0 * (1.0 - CONFIDENCE) / 2.0
    low, high = np.percentile(np.append(resampled[np.isfinite(resampled)], value), [tail, 100.0 - tail])
    return Estimate(value=value, low=min(value, float(low)), high=max(value, float(high)))


def _rows_by_value(strata: NDArray[np.integer]) -> list[Ints]:
    return [np.flatnonzero(strata == value) for value in np.unique(strata)]


def _draws(n: int, size: int, rng: np.random.Generator) -> Floats:
    """`size` times n draws with replacement out of n, as counts. *Shape:* `(size, n)`."""
    drawn = rng.integers(0, n, size=(size, n)) + n * np.arange(size)[:, None]
    return np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)
