"""Prepared references: what is computed once for a reference, so that a look at a window is cheap."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.drift.cells import Cells, cut, thinned
from monitoring.drift.embeddings import Space, survey
from monitoring.drift.questions import Questions, pose
from monitoring.drift.verdicts import Subject
from monitoring.drift.volume import Rhythm, listen
from monitoring.windows.columns import COLUMNS
from monitoring.windows.window import Window

Float64s = NDArray[np.float64]

_NEARLY: Final = 0.99
"""Of an hour: a window that is a minute longer is as long."""
_NO_LENGTHS: Final[Mapping[str, float]] = {}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A reference, ready to be compared with.

    Attributes:
        window: of the reference.
        cells: by column that the reference holds something of.
        questions: about shares, by column.
        spaces: its embeddings, where it has enough of them.
        rhythm: decisions by hour; None where the reference has no times, or is a slice.
        by_length: share of a column in stretches of the reference over that in the whole, by `name@hours`.

    """

    window: Window
    cells: Mapping[str, Cells]
    questions: Mapping[str, Questions]
    spaces: Mapping[Subject, Space]
    rhythm: Rhythm | None
    by_length: Mapping[str, float] = field(default_factory=dict)

    def as_long_as(self, hours: float) -> dict[str, tuple[Cells, Questions]]:
        """Columns that depend on the length of the window, as stretches of at least so many hours have them."""
        lengths: dict[str, list[int]] = {}
        for key in self.by_length:
            name, _, length = key.rpartition("@")
            if name in self.cells and int(length) >= hours * _NEARLY:
                lengths.setdefault(name, []).append(int(length))
        thin = {
            name: thinned(self.cells[name], self.by_length[f"{name}@{min(each)}"]) for name, each in lengths.items()
        }
        return {name: (cells, pose(cells)) for name, cells in thin.items()}


def prepare(window: Window, by_length: Mapping[str, float] = _NO_LENGTHS) -> Prepared:
    """Cut every column, make the embeddings white, learn the rhythm."""
    weights = weights_of(window.frame)
    every = (
        cut(column, window.frame[column.name], weights) for column in COLUMNS if column.name in window.frame.columns
    )
    cells = {cell.column.name: cell for cell in every if not cell.is_empty}
    questions = {name: pose(cell) for name, cell in cells.items()}
    spaces = {
        subject: space
        for subject, vectors in (
            (Subject.TEXT_EMBEDDING, window.text_vectors),
            (Subject.IMAGE_EMBEDDING, window.image_vectors),
        )
        if (space := survey(vectors, weights)) is not None
    }
    return Prepared(window, cells, questions, spaces, listen(window), by_length)


def weights_of(frame: pd.DataFrame) -> Float64s:
    """How many decisions each row stands for. *Shape:* `(rows,)`."""
    if "weight" not in frame.columns:
        return np.ones(len(frame))
    weights: Float64s = frame["weight"].to_numpy(dtype=float)
    return weights
