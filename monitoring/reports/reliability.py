"""Reliability: whether scores mean what they say, by the labels of reviewers.

Source: reliability diagrams, DeGroot and Fienberg (1983); bins of equal mass, Nguyen and O'Connor (2015).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from models.contracts.base import Value
from monitoring.safety.intervals import wilson

N_BINS: Final = 5
MIN_LABELS: Final = 50
"""Of a category: ten a bin, below which an interval covers half of the scale."""


class Bin(Value):
    """Labels with about the same score.

    Attributes:
        prob: mean score.
        share: of them that reviewers called harmful, with `low` and `high` of its 95 % interval.

    """

    n_labels: int
    prob: float
    share: float
    low: float
    high: float


class Reliability(Value):
    """Scores of one category against labels, in bins of about equally many, the lowest scores first."""

    category: str
    n_labels: int
    n_positive: int
    bins: tuple[Bin, ...]


def measure_reliability(labels: pd.DataFrame) -> tuple[Reliability, ...]:
    """By category, those with enough labels.

    Args:
        labels: as `monitoring.windows.labels.read_labels` gives them: `category`, `label`, `prob`.

    """
    return tuple(
        Reliability(
            category=category,
            n_labels=len(rows),
            n_positive=int(rows["label"].sum()),
            bins=tuple(_bins(rows)),
        )
        for category, rows in split_labels(labels)
    )


def split_labels(labels: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Categories with enough labels of both kinds and scores, and their labels."""
    if labels.empty:
        return
    known = labels.dropna(subset=["label", "prob"])
    for category, rows in known.groupby(known["category"].astype(str), sort=True):
        if len(rows) >= MIN_LABELS and rows["label"].nunique() == 2:  # noqa: PLR2004  # both yes and no
            yield str(category), rows


def _bins(rows: pd.DataFrame) -> Iterator[Bin]:
    ordered = rows.sort_values("prob", kind="stable")
    for places in np.array_split(np.arange(len(ordered)), N_BINS):
        part = ordered.iloc[places]
        n_labels, share = len(part), float(part["label"].mean())
        interval = wilson(n_labels * share, n_labels)
        prob = float(part["prob"].mean())
        yield Bin(n_labels=n_labels, prob=prob, share=share, low=interval.low, high=interval.high)
