"""Coded windows: the rows of a window as cells of the reference. Windows inside one another are coded once."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.cells import Cells
from monitoring.drift.prepared import Prepared, weights_of
from monitoring.drift.questions import Questions
from monitoring.drift.verdicts import Subject
from monitoring.windows.columns import Kind
from monitoring.windows.window import HOUR_US, Float32s, Window

Float64s = NDArray[np.float64]
Ints = NDArray[np.intp]

DEPENDS_ON_LENGTH: Final = frozenset({"repeated"})
"""What is known of a row within its window only."""
_LONGER: Final = 1.01


class Coded:
    """A window as the cells of a prepared reference.

    Args:
        prepared: the reference.
        window: to be compared with it.
        outer: a window that may end with this one; then its rows are not coded again.

    """

    def __init__(self, prepared: Prepared, window: Window, outer: "Coded | None" = None) -> None:
        self.prepared = prepared
        self.window = window
        self._outer = outer if outer is not None and _ends_with(outer.window, window) else None
        self._codes: dict[str, Ints] = {}
        self._white: dict[Subject, tuple[Ints, Float64s]] = {}

    @cached_property
    def weights(self) -> Float64s:
        """How many decisions each row stands for."""
        return weights_of(self.window.frame)

    @cached_property
    def _by_length(self) -> Mapping[str, tuple[Cells, Questions]]:
        return self.prepared.as_long_as((self.window.period.end_us - self.window.period.start_us) / HOUR_US)

    @property
    def outlasts(self) -> bool:
        """The window is longer than the reference, so that no stretch of that says what is usual."""
        known, seen = self.prepared.window, self.window.period
        return bool(known.totals.by_hour) and seen.end_us - seen.start_us > _LONGER * (
            known.period.end_us - known.period.start_us
        )

    def cells(self, name: str) -> Cells:
        """The reference's cells of a column, as windows of this length are compared with."""
        return self._by_length[name][0] if name in self._by_length else self.prepared.cells[name]

    def questions(self, name: str) -> Questions:
        """The questions to them."""
        return self._by_length[name][1] if name in self._by_length else self.prepared.questions[name]

    def codes(self, name: str) -> Ints:
        """The cell of each row in a column. *Shape:* `(rows,)`."""
        if name not in self._codes:
            self._codes[name] = self._encode(name)
        return self._codes[name]

    def counts(self, name: str) -> Float64s:
        """Rows in each cell, scaled to the effective size; exact where the window's totals know it."""
        cells = self.prepared.cells[name]
        exact = self.window.totals.counts.get(name) if self.window.is_sampled else None
        if exact and cells.column.kind is Kind.CATEGORY:
            return cells.count_exactly(exact, max(0, self.window.n_decisions - sum(exact.values())))
        return cells.count(self.codes(name), self.weights)

    def holds(self, name: str) -> bool:
        """The window has any value of the column."""
        if name not in self.window.frame.columns:
            return False
        return bool((self.codes(name) != self.prepared.cells[name].n_cells - 1).any())

    def white(self, subject: Subject) -> tuple[Ints, Float64s]:
        """Rows that have an embedding, and the embeddings made white."""
        if subject not in self._white:
            self._white[subject] = self._whiten(subject)
        return self._white[subject]

    def _encode(self, name: str) -> Ints:
        if self._outer is not None and name not in DEPENDS_ON_LENGTH:
            return self._outer.codes(name)[len(self._outer.window.frame) - len(self.window.frame) :]
        return self.prepared.cells[name].encode(self.window.frame[name])

    def _whiten(self, subject: Subject) -> tuple[Ints, Float64s]:
        if self._outer is not None:
            rows, white = self._outer.white(subject)
            first = len(self._outer.window.frame) - len(self.window.frame)
            place = int(np.searchsorted(rows, first))
            return rows[place:] - first, white[place:]
        vectors = vectors_of(self.window, subject)
        rows = np.flatnonzero(np.isfinite(vectors).all(axis=1)) if len(vectors) else np.zeros(0, dtype=np.intp)
        return rows, self.prepared.spaces[subject].whiten(vectors[rows])


def vectors_of(window: Window, subject: Subject) -> Float32s:
    """The window's embeddings of a kind."""
    return window.text_vectors if subject is Subject.TEXT_EMBEDDING else window.image_vectors


def _ends_with(outer: Window, inner: Window) -> bool:
    n, m = len(outer.frame), len(inner.frame)
    if outer.is_sampled or inner.is_sampled or m > n or not m or set(inner.frame) != set(outer.frame):
        return False
    ours, theirs = inner.frame["decision_id"].to_numpy(), outer.frame["decision_id"].to_numpy()[n - m :]
    return bool((ours == theirs).all())
