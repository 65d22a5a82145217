"""Pooling: from what the model says of windows to what is said of texts, and to what monitoring keeps of them."""

import numpy as np

from models.contracts.records import VECTOR_SIZE
from models.runtime.projection import project
from service.scorer import Floats
from service.ticket import Row


def pool(rows: list[Row], logits: Floats, embeddings: Floats | None) -> tuple[list[Row], Floats, Floats | None]:
    """Merge windows into their rows: the highest logit, the mean embedding; the rows that have no window left to run.

    The maximum of logits is the maximum of probabilities, because calibration never decreases; NaN wins over both.

    Args:
        rows: one entry a window.
        logits: of the windows. *Shape:* `(n_windows, n_outputs)`.
        embeddings: likewise, where the model was asked for them. *Shape:* `(n_windows, size)`.

    """
    if all(row.n_windows == 1 for row in rows):
        return rows, logits, embeddings
    finished: list[Row] = []
    for index, (row, values) in enumerate(zip(rows, logits, strict=True)):
        row.logits = values if row.logits is None else np.maximum(row.logits, values)
        if embeddings is not None:
            row.add_embedding(embeddings[index])
        row.windows_left -= 1
        if row.windows_left == 0:
            finished.append(row)
    if not finished:
        return [], logits[:0], None
    pooled = np.stack([row.logits for row in finished if row.logits is not None])
    return finished, pooled, _stacked(finished) if embeddings is not None else None


def kept_vectors(embeddings: Floats) -> list[bytes | None]:
    """Projected embeddings as records keep them; None for one that is not finite, or too long for its length to be.

    Args:
        embeddings: one or more. *Shape:* `(n, size)`.

    """
    try:
        data = project(embeddings).tobytes()
    except ValueError:
        is_finite = np.isfinite(np.einsum("ij,ij->i", embeddings, embeddings))
        data = project(np.where(is_finite[:, np.newaxis], embeddings, np.float32(0.0))).tobytes()
        return [data[_place(index)] if is_kept else None for index, is_kept in enumerate(is_finite.tolist())]
    return [data[_place(index)] for index in range(len(embeddings))]


def _stacked(rows: list[Row]) -> Floats:
    return np.stack([row.embedding for row in rows if row.embedding is not None])


def _place(index: int) -> slice:
    return slice(index * VECTOR_SIZE, (index + 1) * VECTOR_SIZE)
