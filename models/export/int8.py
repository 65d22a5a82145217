"""The scheme that ships: from a float ONNX model on disk to the int8 model, in one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from models.export.balancing import balance
from models.export.embeddings import quantize_embeddings
from models.export.fusion import fuse
from models.export.graph import view
from models.export.ranges import RangeMethod, chosen_ranges, quantizable_inputs, sampled_activations
from models.export.static_int8 import WEIGHT_LIMIT, quantize_static

SCHEME = "static-int8"


class Balanced(StrEnum):
    """Which activations are balanced: each costs one multiplication over it."""

    NONE = "none"
    NORMS = "norms"
    """The outputs of LayerNorm, which enter attention and the first feed-forward product."""
    ALL = "norms and gelu"
    """And the outputs of Gelu, which enter the second, and are four times as wide."""


_BALANCED_OPERATORS: dict[Balanced, frozenset[str]] = {
    Balanced.NONE: frozenset(),
    Balanced.NORMS: frozenset({"LayerNormalization"}),
    Balanced.ALL: frozenset({"LayerNormalization", "Gelu"}),
}


@dataclass(frozen=True)
class Scheme:
    """What may be chosen about the static scheme.

    Attributes:
        method: how activation ranges are taken from calibration texts.
        balanced: which activations are balanced before quantization.
        weight_limit: largest absolute integer weight; 63 for processors without VNNI instructions.
        kept_float: activations (by name) whose products stay float.
        int8_embeddings: quantize the vocabulary table too.

    """

    method: RangeMethod = RangeMethod.MINMAX
    balanced: Balanced = Balanced.ALL
    weight_limit: int = WEIGHT_LIMIT
    kept_float: frozenset[str] = frozenset()
    int8_embeddings: bool = True

    @property
    def name(self) -> str:
        """How manifests name it."""
        table = "int8" if self.int8_embeddings else "float"
        bits = "" if self.weight_limit == WEIGHT_LIMIT else f", weights to {self.weight_limit}"
        return f"{SCHEME} ({self.method} ranges, balanced: {self.balanced}, {table} embeddings{bits})"


def to_int8(
    path: Path, n_heads: int, hidden_size: int, batches: Sequence[NDArray[np.int64]], scheme: Scheme
) -> onnx.ModelProto:
    """Fuse and quantize.

    Args:
        path: the float model.
        n_heads: attention heads a layer.
        hidden_size: width of the encoder.
        batches: calibration texts as token ids without padding. *Shape:* `(n, t)` each.
        scheme: the choices.

    """
    fused = fuse(path, n_heads, hidden_size)
    graph = view(fused)
    producers = _BALANCED_OPERATORS[scheme.balanced]
    names = [name for name in quantizable_inputs(graph) if graph.producers[name].op_type in producers]
    if names:
        fused = balance(fused, names, batches)
    ranges = chosen_ranges(sampled_activations(fused, batches), scheme.method)
    kept = {name: one for name, one in ranges.items() if name not in scheme.kept_float}
    quantized = quantize_static(fused, kept, scheme.weight_limit)
    return quantize_embeddings(quantized) if scheme.int8_embeddings else quantized
