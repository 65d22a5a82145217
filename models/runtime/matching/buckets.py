"""Buckets: rows of numbers, found again by any of several 16-bit words that each row is filed under.

Two kinds of fingerprint use this: a 256-bit hash is filed under its own 16 words, a text sketch under one hash for
each of its bands. The rows are sorted by the word at every place and a table of 65,537 starts points into that order,
so a bucket is a slice. New rows wait unsorted in a tail that every search looks through and are sorted in when the tail
gets long; removed rows are only marked until then. Searching is exact over all rows that share a word.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.runtime.matching.hit import Hit, nearest_first

Keys = NDArray[np.int64]
Rows = NDArray[np.uint16]
Words = NDArray[np.uint16]
File = Callable[[Rows], Words]
"""Rows to the words they are filed under. *Shape:* `(n, width)` to `(n, n_places)`."""
Measure = Callable[[Rows], NDArray[np.float32]]
"""Rows to their distances from what is searched. *Shape:* `(n, width)` to `(n,)`."""

MIN_TAIL: Final = 4096
"""Most rows that wait unsorted; looking through them takes some 30 microseconds."""
TAIL_SHARE: Final = 32
"""Of many rows one in this many may wait, so that adding a million one by one sorts them a few hundred times."""
_N_WORDS: Final = 1 << 16


class Buckets:
    """Rows under keys; a key may have several. Do not change it while another thread searches.

    Args:
        width: numbers in a row.
        n_places: words that a row is filed under.
        file: which words those are.

    """

    def __init__(self, width: int, n_places: int, file: File) -> None:
        self._n_places = n_places
        self._file = file
        self._keys: Keys = np.empty(0, dtype=np.int64)
        self._rows: Rows = np.empty((0, width), dtype=np.uint16)
        self._is_live: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        self._n_rows = 0
        self._n_live = 0
        self._order: NDArray[np.uint32] = np.empty((n_places, 0), dtype=np.uint32)
        self._starts: NDArray[np.uint32] = np.empty((n_places, 0), dtype=np.uint32)

    def __len__(self) -> int:
        """Rows that are not removed."""
        return self._n_live

    @property
    def n_bytes(self) -> int:
        """Memory that the arrays take, room to grow included."""
        return sum(array.nbytes for array in (self._keys, self._rows, self._is_live, self._order, self._starts))

    def add(self, keys: Keys, rows: Rows) -> None:
        """Append rows. *Shape:* `(n,)` and `(n, width)`."""
        stop = self._n_rows + len(keys)
        self._reserve(stop)
        added = slice(self._n_rows, stop)
        self._keys[added], self._rows[added], self._is_live[added] = keys, rows, True
        self._n_rows = stop
        self._n_live += len(keys)
        self._settle()

    def remove(self, key: int) -> None:
        """Forget every row of a key.

        Raises:
            KeyError: it has none.

        """
        found = np.flatnonzero((self._keys[: self._n_rows] == key) & self._is_live[: self._n_rows])
        if not found.size:
            raise KeyError(key)
        self._is_live[found] = False
        self._n_live -= found.size
        self._settle()

    def search(self, words: NDArray[np.integer], measure: Measure, max_distance: float) -> list[Hit]:
        """Keys with a row that shares a word, or waits in the tail, and is near enough.

        Args:
            words: those to look under, place by place. *Shape:* `(n_places, n_words)`.
            measure: how far rows are.
            max_distance: the largest that counts.

        """
        positions = self._candidates(words.astype(np.int64))
        distances = measure(self._rows[positions])
        near = np.flatnonzero(distances <= max_distance)
        near = near[self._is_live[positions][near]]
        return nearest_first(self._keys[positions][near].tolist(), distances[near].tolist())

    def _candidates(self, words: NDArray[np.int64]) -> NDArray[np.int64] | slice:
        """Rows to look at. However skewed the words are, these are never more than all rows."""
        n_sorted = self._order.shape[1]
        everything = slice(0, self._n_rows)
        if not n_sorted:
            return everything
        places = np.arange(self._n_places)[:, np.newaxis]
        starts = self._starts[places, words].astype(np.int64)
        counts = (self._starts[places, words + 1] - starts).ravel()
        total = int(counts.sum())
        if total >= n_sorted:
            return everything
        # A bucket is a run in the flat order: repeat what turns a running number into a place in it.
        shifts = (starts + places * n_sorted).ravel() - (np.cumsum(counts) - counts)
        found = self._order.ravel()[np.arange(total) + np.repeat(shifts, counts)]
        return np.concatenate((found, np.arange(n_sorted, self._n_rows)))

    def _reserve(self, n_rows: int) -> None:
        capacity = len(self._keys)
        if n_rows <= capacity:
            return
        n_more = max(n_rows, capacity * 5 // 4, 64) - capacity
        self._keys = np.concatenate((self._keys, np.zeros(n_more, dtype=np.int64)))
        self._rows = np.concatenate((self._rows, np.zeros((n_more, self._rows.shape[1]), dtype=np.uint16)))
        self._is_live = np.concatenate((self._is_live, np.zeros(n_more, dtype=np.bool_)))

    def _settle(self) -> None:
        """Sort anew once too much waits in the tail, or more rows are removed than kept."""
        n_waiting = self._n_rows - self._order.shape[1]
        n_removed = self._n_rows - self._n_live
        if n_waiting > max(MIN_TAIL, self._n_rows // TAIL_SHARE) or n_removed > max(MIN_TAIL, self._n_live):
            self._sort()

    def _sort(self) -> None:
        if self._n_live < self._n_rows:
            live = np.flatnonzero(self._is_live[: self._n_rows])
            self._keys, self._rows, self._is_live = self._keys[live], self._rows[live], self._is_live[live]
            self._n_rows = self._n_live
        words = self._file(self._rows[: self._n_rows])
        self._order = np.empty((self._n_places, self._n_rows), dtype=np.uint32)
        self._starts = np.zeros((self._n_places, _N_WORDS + 1), dtype=np.uint32)
        for place, column in enumerate(words.T):
            self._order[place] = np.argsort(column, kind="stable")
            self._starts[place, 1:] = np.cumsum(np.bincount(column, minlength=_N_WORDS))
