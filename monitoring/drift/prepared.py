"""Prepared references: what is computed once for a reference, so that a look at a window is cheap."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.drift.cells import Cells, cut
from monitoring.drift.embeddings import Space, survey
from monitoring.drift.questions import Questions, pose
from monitoring.drift.verdicts import Subject
from monitoring.drift.volume import Rhythm, listen
from monitoring.windows.columns import COLUMNS
from monitoring.windows.window import Window

Float64s = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A reference, ready to be compared with.

    Attributes:
        window: of the reference.
        cells: by column that the reference holds something of.
        questions: about shares, by column.
        spaces: its embeddings, where it has enough of them.
        rhythm: decisions by hour; None where the reference has no times, or is a slice.

    """

    window: Window
    cells: Mapping[str, Cells]
    questions: Mapping[str, Questions]
    spaces: Mapping[Subject, Space]
    rhythm: Rhythm | None


def prepare(window: Window) -> Prepared:
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
    return Prepared(window, cells, questions, spaces, listen(window))


def weights_of(frame: pd.DataFrame) -> Float64s:
    """How many decisions each row stands for. *Shape:* `(rows,)`."""
    if "weight" not in frame.columns:
        return np.ones(len(frame))
    weights: Float64s = frame["weight"].to_numpy(dtype=float)
    return weights
