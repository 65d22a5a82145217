"""Arrays: the shapes that evaluation works on.

A label matrix is int8, *Shape:* `(n, 16)`, in the order of `CATEGORIES`: 1 yes, 0 no, -1 unknown. A probability matrix
has the same shape; NaN where a system has no head for a category.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Labels = NDArray[np.int8]

UNKNOWN = -1


class LabelledRows(Protocol):
    """One split, as the data package loads it.

    `digests` are sha256 of the texts; `texts` are handed to a scorer and to nothing else; `auxiliary` is coded like
    `labels`; `sources` name the data set of each row.
    """

    @property
    def digests(self) -> Sequence[str]:
        """*Shape:* `(n,)`."""

    @property
    def texts(self) -> Sequence[str]:
        """*Shape:* `(n,)`."""

    @property
    def labels(self) -> Labels:
        """*Shape:* `(n, 16)`."""

    @property
    def auxiliary(self) -> Labels:
        """*Shape:* `(n, n_aux)`."""

    @property
    def sources(self) -> Sequence[str]:
        """*Shape:* `(n,)`."""


def scored_rows(labels: Labels, *probs: NDArray[np.floating]) -> Bools:
    """Rows of one category with a known label and a score from every system. *Shape:* `(n,)`."""
    rows: Bools = labels != UNKNOWN
    for column in probs:
        rows = rows & np.isfinite(column)
    return rows


@dataclass(frozen=True)
class Rows:
    """Some rows of a split. The fields are those of `LabelledRows`."""

    digests: Sequence[str]
    texts: Sequence[str]
    labels: Labels
    auxiliary: Labels
    sources: Sequence[str]


def select(rows: LabelledRows, positions: NDArray[np.integer]) -> Rows:
    """The rows at some positions, in that order."""
    return Rows(
        digests=[rows.digests[i] for i in positions],
        texts=[rows.texts[i] for i in positions],
        labels=rows.labels[positions],
        auxiliary=rows.auxiliary[positions],
        sources=[rows.sources[i] for i in positions],
    )


def sample(rows: LabelledRows, n: int) -> Rows:
    """At most n rows, those with the lowest digests: as good as random, and the same ones every time."""
    order = sorted(range(len(rows.digests)), key=lambda i: rows.digests[i])
    return select(rows, np.sort(np.asarray(order[:n], dtype=np.int64)))
