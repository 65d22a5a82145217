"""Reviewed: what people said of decisions, read from the file of `weir labels export`, cleaned and split by time."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES
from models.data.collecting import Dropped, collect
from models.data.deployment import HOW_TO_EXPORT, SOURCE_ID, read_labels
from models.data.duplicates import group
from models.data.errors import DataError
from models.data.examples import Example

Float64s = NDArray[np.float64]
Int64s = NDArray[np.int64]


@dataclass(frozen=True)
class Reviewed:
    """Labelled texts of a deployment, the oldest first.

    Attributes:
        texts: normalised.
        labels: 1 yes, 0 no, -1 unknown. *Shape:* `(n, len(CATEGORIES))`.
        weights: share of the reviewers who agree. *Shape:* `(n,)`.
        groups: near-duplicates have the same. *Shape:* `(n,)`.
        n_lines: of the file.
        dropped: lines that are no example, by reason.
        digest: sha256 of the file, hex.

    """

    texts: list[str]
    labels: NDArray[np.int8]
    weights: Float64s
    groups: Int64s
    n_lines: int
    dropped: Counter[Dropped]
    digest: str

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Halves:
    """Positions of the rows that are fitted to, and of the later ones that are measured on."""

    fitted: Int64s
    held_out: Int64s


def read_reviewed(path: Path) -> Reviewed:
    """Read the file of `weir labels export`. Of equal texts the last word wins.

    Raises:
        DataError: it cannot be read, a line is something else, or none has a text.

    """
    rows, content = read_labels(path)
    dropped: Counter[Dropped] = Counter()
    found = list(collect(SOURCE_ID, rows, frozenset(), dropped))
    latest = {one.digest: one for one in sorted(found, key=_when)}
    dropped[Dropped.DUPLICATE] += len(found) - len(latest)
    examples = sorted(latest.values(), key=_when)
    if not examples:
        raise DataError(f"{path}: none of its {len(rows)} examples has a text and a label; {HOW_TO_EXPORT}")
    return Reviewed(
        texts=[one.text for one in examples],
        labels=np.array([one.labels[: len(CATEGORIES)] for one in examples], dtype=np.int8),
        weights=np.array([one.weight for one in examples]),
        groups=np.array(group([one.text for one in examples], [None] * len(examples)), dtype=np.int64),
        n_lines=len(rows),
        dropped=dropped,
        digest=hashlib.sha256(content).hexdigest(),
    )


def split_by_time(reviewed: Reviewed, share: float) -> Halves:
    """Hold out the latest share; what is held out has no near-duplicate among what is fitted to."""
    n_fitted = round(len(reviewed) * (1.0 - share))
    fitted, later = np.arange(n_fitted), np.arange(n_fitted, len(reviewed))
    return Halves(fitted, later[~np.isin(reviewed.groups[later], reviewed.groups[fitted])])


def _when(example: Example) -> tuple[str, str]:
    return (example.order or "", example.digest)
