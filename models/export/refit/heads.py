"""Heads: the matrix and the intercepts at the end of a text model, moved in the graph."""

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from models.export.embedding_output import LOGITS
from models.export.errors import ExportError
from models.export.graph import attributes, copy_of, view
from models.export.refit.fitting import Move

Float64s = NDArray[np.float64]


class Standard:
    """Standardised embeddings: each column less its mean, over its spread; constant columns stay 0."""

    def __init__(self, embeddings: NDArray[np.floating]) -> None:
        self.means: Float64s = embeddings.mean(axis=0, dtype=np.float64)
        spread: Float64s = embeddings.std(axis=0, dtype=np.float64)
        self.spreads: Float64s = np.where(spread > 1e-9, spread, np.inf)  # noqa: PLR2004 - nothing but rounding

    def apply(self, embeddings: NDArray[np.floating]) -> Float64s:
        """*Shape:* kept."""
        standard: Float64s = (embeddings - self.means) / self.spreads
        return standard

    def undo(self, move: Move) -> tuple[Float64s, float]:
        """The same move over embeddings as they are: what is added to a head's weights and to its intercept."""
        weights = move.direction / self.spreads
        return weights, float(move.intercept - weights @ self.means)


def move_heads(model: onnx.ModelProto, moves: Mapping[int, tuple[Float64s, float]]) -> onnx.ModelProto:
    """The model with some of its heads moved.

    Args:
        model: whose logits are the product of an embedding and one matrix, plus intercepts.
        moves: what is added to weights and intercept, by output column.

    Raises:
        ExportError: the model does not end like that.

    """
    moved = copy_of(model)
    graph = view(moved)
    head = graph.producers.get(LOGITS)
    if head is None or head.op_type != "Gemm" or not all(name in graph.constants for name in head.input[1:3]):
        raise ExportError("the model's logits are not the product of an embedding and one matrix, plus intercepts")
    weights, intercepts = (graph.constant(name).copy() for name in head.input[1:3])
    rows = weights if attributes(head).get("transB", 0) else weights.T
    for column, (direction, intercept) in moves.items():
        rows[column] += direction.astype(np.float32)
        intercepts[column] += np.float32(intercept)
    for name, value in zip(head.input[1:3], (weights, intercepts), strict=True):
        graph.constants[name].CopyFrom(numpy_helper.from_array(value, name))
    return moved
