"""Static int8: matrix products in eight bits with activation ranges fixed at export.

Each product `x @ w` becomes `QuantizeLinear(x)` with constant scale and zero point, followed by one operator that
multiplies uint8 by int8 into int32 and returns float: `MatMulIntegerToFloat`, or `QAttention` for a fused attention.
Nothing is measured at run time, so a row's result cannot depend on the other rows. Outputs stay float: rounding them
again would cost accuracy and save nothing, because what follows (Gelu, LayerNorm, softmax) is float.

Weights are symmetric int8 with one scale a column. Source: Jacob et al. (2018), "Quantization and training of neural
networks for efficient integer-arithmetic-only inference"; Wu et al. (2020), "Integer quantization for deep learning
inference", section 3.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from models.export.graph import (
    MICROSOFT,
    GraphView,
    add_constant,
    attributes,
    copy_of,
    drop_unused_constants,
    replace_nodes,
    view,
)
from models.export.ranges import ActivationRange, is_quantizable

WEIGHT_LIMIT = 127
REDUCED_WEIGHT_LIMIT = 63
"""With 7-bit weights no pair of products overflows 16 bits on processors without VNNI instructions."""


@dataclass(frozen=True)
class _QuantizedInput:
    """Names of an activation's uint8 value, scale and zero point."""

    value: str
    scale: str
    zero_point: str


class _Rewriter:
    """One pass over the graph: collects the new nodes in order."""

    def __init__(self, model: onnx.ModelProto, ranges: dict[str, ActivationRange], weight_limit: int) -> None:
        self.model = model
        self.graph: GraphView = view(model)
        self.ranges = ranges
        self.weight_limit = weight_limit
        self.nodes: list[onnx.NodeProto] = []
        self.quantized: dict[str, _QuantizedInput] = {}
        self.absorbed: set[str] = set()

    def run(self) -> None:
        """Rewrite every quantizable product; leave the rest."""
        for node in self.model.graph.node:
            if node.output[0] in self.absorbed:
                continue
            if not is_quantizable(self.graph, node) or node.input[0] not in self.ranges:
                self.nodes.append(node)
            elif node.op_type == "Attention":
                self._attention(node)
            else:
                self._product(node)

    def _attention(self, node: onnx.NodeProto) -> None:
        x = self._input(node.input[0])
        weights, scales, zeros = self._weights(node.input[1])
        inputs = [x.value, weights, node.input[2], x.scale, scales, node.input[3], x.zero_point, zeros]
        kept = {key: value for key, value in attributes(node).items() if key in {"num_heads", "unidirectional"}}
        self.nodes.append(helper.make_node("QAttention", inputs, node.output, name=node.name, domain=MICROSOFT, **kept))

    def _product(self, node: onnx.NodeProto) -> None:
        x = self._input(node.input[0])
        weights, scales, zeros = self._weights(node.input[1])
        bias, output = self._bias(node)
        inputs = [x.value, weights, x.scale, scales, x.zero_point, zeros, *bias]
        self.nodes.append(helper.make_node("MatMulIntegerToFloat", inputs, [output], name=node.name, domain=MICROSOFT))

    def _bias(self, node: onnx.NodeProto) -> tuple[list[str], str]:
        """The bias a product can add by itself, and the value it then gives."""
        add = next((one for one in self.model.graph.node if one.op_type == "Add" and node.output[0] in one.input), None)
        if add is None or self.graph.consumers[node.output[0]] != 1:
            return [], node.output[0]
        other = next(name for name in add.input if name != node.output[0])
        if other not in self.graph.constants or len(self.graph.constants[other].dims) != 1:
            return [], node.output[0]
        self.absorbed.add(add.output[0])
        return [other], add.output[0]

    def _input(self, name: str) -> _QuantizedInput:
        """Quantize an activation once, however many products read it."""
        if name not in self.quantized:
            scale, zero_point = scale_and_zero_point(self.ranges[name])
            quantized = _QuantizedInput(f"{name}_uint8", f"{name}_scale", f"{name}_zero")
            add_constant(self.model, quantized.scale, np.array(scale, dtype=np.float32))
            add_constant(self.model, quantized.zero_point, np.array(zero_point, dtype=np.uint8))
            inputs = [name, quantized.scale, quantized.zero_point]
            self.nodes.append(helper.make_node("QuantizeLinear", inputs, [quantized.value], name=quantized.value))
            self.quantized[name] = quantized
        return self.quantized[name]

    def _weights(self, name: str) -> tuple[str, str, str]:
        integers, scales = quantized_columns(self.graph.constant(name), self.weight_limit)
        return (
            add_constant(self.model, f"{name}_int8", integers),
            add_constant(self.model, f"{name}_scales", scales),
            add_constant(self.model, f"{name}_zeros", np.zeros(len(scales), dtype=np.int8)),
        )


def quantize_static(
    model: onnx.ModelProto, ranges: dict[str, ActivationRange], weight_limit: int = WEIGHT_LIMIT
) -> onnx.ModelProto:
    """Quantize every matrix product whose input has a range.

    Args:
        model: float, fused.
        ranges: by activation name; a product whose input is missing stays float.
        weight_limit: largest absolute integer weight.

    """
    quantized = copy_of(model)
    rewriter = _Rewriter(quantized, ranges, weight_limit)
    rewriter.run()
    replace_nodes(quantized, rewriter.nodes)
    drop_unused_constants(quantized)
    return quantized


def quantized_columns(
    matrix: NDArray[np.float32], limit: int = WEIGHT_LIMIT
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Symmetric integers and one scale a column: `matrix ~ integers * scales`. *Shape:* `(k, n)` and `(n,)`."""
    scales = np.maximum(np.abs(matrix).max(axis=0), np.finfo(np.float32).tiny) / limit
    integers = np.clip(np.rint(matrix / scales), -limit, limit).astype(np.int8)
    return integers, scales.astype(np.float32)


def scale_and_zero_point(activation: ActivationRange) -> tuple[float, int]:
    """The step of a uint8, and the integer that stands for 0: `x ~ (integer - zero_point) * step`."""
    step = max((activation.high - activation.low) / 255.0, float(np.finfo(np.float32).tiny))
    return step, round(-activation.low / step)
