"""Targets: which labels get a head, and the label matrix with those columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES, DEFINITIONS, Category
from models.data.labels import Auxiliary
from models.data.store import Examples
from models.training.errors import NothingToLearnError


@dataclass(frozen=True)
class Heads:
    """The output columns of a model: categories first, in the taxonomy's order, then auxiliary labels."""

    labels: tuple[Category, ...]
    auxiliary_labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels) + len(self.auxiliary_labels)


def choose_heads(examples: Examples, auxiliary_names: tuple[str, ...], min_positives: int) -> Heads:
    """A head for every label with enough positives, and as many negatives; never for one that is not scorable.

    Raises:
        NothingToLearnError: no category has enough.

    """
    enough = _is_told_apart(examples.labels, min_positives)
    labels = tuple(c for c, has in zip(CATEGORIES, enough, strict=True) if has and DEFINITIONS[c].scorable)
    if not labels:
        raise NothingToLearnError(f"no category has {min_positives} training positives in {len(examples)} rows")
    enough_auxiliary = _is_told_apart(examples.auxiliary, min_positives)
    return Heads(labels, tuple(name for name, has in zip(auxiliary_names, enough_auxiliary, strict=True) if has))


def with_evidence(heads: Heads) -> Heads:
    """The heads and the evidence column, which no text-level label teaches: its truth is by token."""
    evidence = Auxiliary.EVIDENCE.value
    return heads if evidence in heads.auxiliary_labels else Heads(heads.labels, (*heads.auxiliary_labels, evidence))


def _is_told_apart(labels: NDArray[np.int8], n: int) -> NDArray[np.bool_]:
    """Whether each column has at least n positives and n negatives. *Shape:* `(rows, columns)` to `(columns,)`."""
    enough: NDArray[np.bool_] = ((labels == 1).sum(axis=0) >= n) & ((labels == 0).sum(axis=0) >= n)
    return enough


def target_matrix(examples: Examples, heads: Heads, auxiliary_names: tuple[str, ...]) -> NDArray[np.int8]:
    """1 yes, 0 no, -1 unknown. *Shape:* `(n, len(heads))`."""
    columns = [CATEGORIES.index(category) for category in heads.labels]
    auxiliary = [auxiliary_names.index(name) for name in heads.auxiliary_labels]
    return np.concatenate([examples.labels[:, columns], examples.auxiliary[:, auxiliary]], axis=1)
