"""VectorIndex: embeddings that point in nearly the same direction, by usearch.

Up to a thousand vectors every one is compared; beyond that a graph (HNSW) answers, which now and then misses a
neighbour. Vectors are kept as 16-bit floats, which moves a cosine by less than 0.001.

Source: Malkov & Yashunin (2018), "Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical
Navigable Small World Graphs".
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import onnxruntime  # noqa: F401 - loaded after usearch 2.26 it crashes the process, so it comes first
from numpy.typing import NDArray
from usearch.index import Index

from models.runtime.matching.hit import Hit, nearest_first

Float32s = NDArray[np.float32]

MAX_COMPARED: Final = 1000
"""Collections up to this size are searched exactly: no slower than the graph there, and it misses nothing."""
_N_LINKS: Final = 16
_BUILD_EFFORT: Final = 128
_SEARCH_EFFORT: Final = 128


class VectorIndex:
    """Vectors under keys, compared by cosine. A key may have several, and a search answers the nearest of them.

    Do not change it while another thread searches.

    Args:
        size: numbers in a vector.

    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._index = Index(
            ndim=size,
            metric="cos",
            dtype="f16",
            connectivity=_N_LINKS,
            expansion_add=_BUILD_EFFORT,
            expansion_search=_SEARCH_EFFORT,
            multi=True,
        )

    def __len__(self) -> int:
        """Number of vectors."""
        return len(self._index)

    @property
    def size(self) -> int:
        """Numbers in a vector."""
        return self._size

    def add(self, key: int, vector: Float32s) -> None:
        """Add one vector of any length but zero. *Shape:* `(size,)`.

        Raises:
            ValueError: another shape, or it has no direction (zero or not finite).

        """
        self.add_many([key], vector[np.newaxis])

    def add_many(self, keys: Sequence[int] | NDArray[np.int64], vectors: Float32s) -> None:
        """Add many vectors at once. *Shape:* `(n,)` and `(n, size)`.

        Raises:
            ValueError: as in `add`; then none is added.

        """
        if len(keys):
            # One thread: the graph, and with it every answer, is then the same each time it is built.
            self._index.add(np.asarray(keys, dtype=np.uint64), self._directions(vectors, len(keys)), threads=1)

    def remove(self, key: int) -> None:
        """Forget every vector of a key.

        Raises:
            KeyError: it has none.

        """
        if not self._index.contains(key):
            raise KeyError(key)
        self._index.remove(key)

    def search(self, vector: Float32s, max_distance: float, limit: int = 10) -> list[Hit]:
        """Keys of the nearest vectors, nearest first; a distance is `1 - cosine`, in [0, 2].

        Args:
            vector: *Shape:* `(size,)`.
            max_distance: the largest that counts.
            limit: most vectors looked at; where keys have several, fewer keys.

        Raises:
            ValueError: as in `add`, or the limit is below 1.

        """
        if limit < 1:
            raise ValueError(f"limit is {limit}; it must be at least 1")
        wanted = self._directions(vector[np.newaxis], 1)[0]
        if not len(self):
            return []
        found = self._index.search(wanted, limit, threads=1, exact=len(self) <= MAX_COMPARED)
        distances = np.maximum(np.asarray(found.distances, dtype=np.float64), 0.0)
        near = distances <= max_distance
        return nearest_first(np.asarray(found.keys)[near].tolist(), distances[near].tolist())

    def _directions(self, vectors: Float32s, n_vectors: int) -> Float32s:
        """Vectors of length 1, which 16-bit floats hold whatever the length was."""
        if vectors.shape != (n_vectors, self._size):
            raise ValueError(f"vectors have shape {vectors.shape}; expected ({n_vectors}, {self._size})")
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and (lengths > 0.0).all()):
            raise ValueError("a vector has no direction: its length is zero or not finite")
        directions: Float32s = (vectors / lengths).astype(np.float32)
        return directions
