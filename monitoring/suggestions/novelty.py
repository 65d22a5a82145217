"""Novelty: how far an embedding is from everything in the reference, against how far the reference is from itself.

    d(x) = mean distance to the k nearest of the reference
    novelty(x) = share of the reference whose own d, leaving itself out, is smaller than d(x)

So 0.99 means: farther out than 99 of 100 items that were there before. One minus it is a conformal p-value, which is
uniform for items that are drawn like the reference, whatever the shape of the embeddings.

Source: Laxhammar & Falkman (2011), "Sequential conformal anomaly detection in trajectories"; nearest neighbours as in
Ramaswamy, Rastogi & Shim (2000), "Efficient algorithms for mining outliers from large data sets".
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]

NEIGHBOURS: Final = 5
MAX_REFERENCE: Final = 10_000
"""Rows of the reference that are compared with; more take longer and change a share of it by less than 0.01."""
_CHUNK: Final = 1_000


def measure_novelty(vectors: Float32s, reference: Float32s, seed: int = 0) -> Float64s:
    """How new each item is, in [0, 1]; NaN where it has no vector, or the reference has too few to tell.

    Args:
        vectors: projected embeddings. *Shape:* `(n, d)`, rows of NaN where there is none.
        reference: the same of the reference. *Shape:* `(m, d)`.
        seed: of the sample of a large reference.

    """
    known = _sample(reference[np.isfinite(reference).all(axis=1)], seed)
    novelty = np.full(len(vectors), np.nan)
    if len(known) <= NEIGHBOURS:
        return novelty
    rows = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    ordinary = np.sort(_distances(known, known, n_skipped=1))
    found = _distances(vectors[rows], known)
    novelty[rows] = np.searchsorted(ordinary, found, side="left") / len(ordinary)
    return novelty


def _sample(reference: Float32s, seed: int) -> Float32s:
    if len(reference) <= MAX_REFERENCE:
        return reference
    return reference[np.random.default_rng(seed).choice(len(reference), MAX_REFERENCE, replace=False)]


def _distances(vectors: Float32s, known: Float32s, n_skipped: int = 0) -> Float64s:
    """Mean distance to the nearest few; `n_skipped` of the very nearest, the items themselves, are left out."""
    found = np.empty(len(vectors))
    lengths, last = (known**2).sum(axis=1), n_skipped + NEIGHBOURS
    for start in range(0, len(vectors), _CHUNK):
        part = vectors[start : start + _CHUNK]
        squares = (part**2).sum(axis=1)[:, None] + lengths[None] - 2.0 * part @ known.T
        nearest = np.sort(np.partition(squares, last - 1, axis=1)[:, :last], axis=1)[:, n_skipped:]
        found[start : start + _CHUNK] = np.sqrt(np.maximum(nearest, 0.0)).mean(axis=1)
    return found
