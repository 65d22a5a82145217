"""Balancing: make activations easier to quantize by moving their outliers into the weights.

A few channels of a transformer's activations are tens of times larger than the rest, and one scale for all
channels spends its 256 steps on them. `x @ w = (x / s) @ (s * w)` for any positive `s` a channel: the product is the
same, and the range of `x / s` is even.

Source: Xiao et al. (2023), "SmoothQuant: accurate and efficient post-training quantization for large language models",
equation 4: `s_j = max|x_j|^a / max|w_j|^(1 - a)`. There the division is folded into the LayerNorm before; here the
LayerNorm's output is also the residual, so it costs one multiplication a balanced activation.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.export.graph import GraphView, add_constant, copy_of, replace_nodes, view
from models.export.ranges import is_quantizable, watched_runs

STRENGTH = 0.7
"""`a` above: more moves more of the outliers into the weights, which have a scale a column and bear it better."""
SMALLEST = 1e-5


def balance(
    model: onnx.ModelProto, names: Collection[str], batches: Iterable[NDArray[np.int64]], strength: float = STRENGTH
) -> onnx.ModelProto:
    """Divide activations by a factor a channel, and multiply the weights they meet by it.

    Args:
        model: float, fused.
        names: activations that enter matrix products.
        batches: calibration texts as token ids without padding. *Shape:* `(n, t)` each.
        strength: between 0 (even out the weights) and 1 (even out the activations).

    """
    highest = _highest_by_channel(model, list(names), batches)
    balanced = copy_of(model)
    graph = view(balanced)
    factors = {name: _factors(graph, name, highest[name], strength) for name in names}
    nodes: list[onnx.NodeProto] = []
    divided: dict[str, str] = {}
    for node in balanced.graph.node:
        name = node.input[0] if node.input else ""
        if name in factors and is_quantizable(graph, node):
            if name not in divided:
                nodes.append(_division(balanced, name, factors[name]))
                divided[name] = nodes[-1].output[0]
            _scale_rows(graph, node.input[1], factors[name])
            node.input[0] = divided[name]
        nodes.append(node)
    replace_nodes(balanced, nodes)
    return balanced


def _highest_by_channel(
    model: onnx.ModelProto, names: Sequence[str], batches: Iterable[NDArray[np.int64]]
) -> dict[str, NDArray[np.float32]]:
    highest: dict[str, NDArray[np.float32]] = {}
    for values in watched_runs(model, names, batches):
        for name, value in zip(names, values, strict=True):
            peak = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
            highest[name] = np.maximum(highest.get(name, peak), peak)
    return highest


def _factors(graph: GraphView, name: str, highest: NDArray[np.float32], strength: float) -> NDArray[np.float32]:
    """One factor a channel, with geometric mean 1. *Shape:* `(k,)`."""
    readers = [node for node in graph.model.graph.node if is_quantizable(graph, node) and node.input[0] == name]
    weights = np.max([np.abs(graph.constant(node.input[1])).max(axis=1) for node in readers], axis=0)
    factors = np.maximum(highest, SMALLEST) ** strength / np.maximum(weights, SMALLEST) ** (1.0 - strength)
    return np.asarray(factors / np.exp(np.log(factors).mean()), dtype=np.float32)


def _division(model: onnx.ModelProto, name: str, factors: NDArray[np.float32]) -> onnx.NodeProto:
    inverse = add_constant(model, f"{name}_inverse_factors", (1.0 / factors).astype(np.float32))
    return helper.make_node("Mul", [name, inverse], [f"{name}_balanced"], name=f"{name}_balanced")


def _scale_rows(graph: GraphView, name: str, factors: NDArray[np.float32]) -> None:
    scaled = (graph.constant(name) * factors[:, np.newaxis]).astype(np.float32)
    graph.constants[name].CopyFrom(numpy_helper.from_array(scaled, name))
