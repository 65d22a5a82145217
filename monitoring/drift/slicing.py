"""Slicing: the part of a window that has one value in one column, such as one surface."""

from dataclasses import replace

import numpy as np

from monitoring.drift.prepared import weights_of
from monitoring.drift.verdicts import Slice
from monitoring.errors import MonitoringError
from monitoring.windows.window import Totals, Window


def part_of(window: Window, part: Slice) -> Window:
    """The rows of a slice, as a window. Its totals are empty: exact counts are known of the whole only.

    Raises:
        MonitoringError: the window has no such column.

    """
    if part.column is None or (not window.n_rows and part.column not in window.frame.columns):
        return window
    if part.column not in window.frame.columns:
        raise MonitoringError(f"decisions have no column {part.column!r}: slice by tenant, surface or language")
    chosen = (window.frame[part.column] == part.value).to_numpy(dtype=bool)
    frame = window.frame[chosen].reset_index(drop=True)
    n_decisions = round(float(weights_of(window.frame)[chosen].sum())) if window.is_sampled else int(chosen.sum())
    vectors = (v[chosen] if len(v) else v for v in (window.text_vectors, window.image_vectors))
    text, image = vectors
    return replace(
        window, n_decisions=n_decisions, frame=frame, text_vectors=text, image_vectors=image, totals=Totals()
    )


def values_of(window: Window, column: str, min_rows: int) -> list[str]:
    """Values that a column has in at least so many rows, the most frequent first."""
    if column not in window.frame.columns:
        return []
    counts = window.frame[column].dropna().value_counts()
    return [str(value) for value, n in zip(counts.index, np.asarray(counts), strict=True) if n >= min_rows]
