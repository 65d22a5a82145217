"""Bias correction: what rounding adds to a channel on average is taken off its bias, at no cost at run time.

Rounded weights shift the mean of every channel, and later layers see the shift in every picture. Convolutions are
corrected in order, each over an already corrected start of the network.

Source: Nagel et al. (2019), "Data-free quantization through weight equalization and bias correction", section 4.2,
with measured instead of derived means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from models.export.graph import GraphView, copy_of, view
from models.export.ranges import session_with_outputs
from models.runtime.vision.classifier import INPUT, Pixels


@dataclass(frozen=True)
class _Layer:
    """A quantized convolution.

    Attributes:
        exact: its result in the float model, clipped where a clip follows.
        rounded: the same in the quantized model.
        bias: its integers.
        scales: what one of them is worth, by channel.

    """

    exact: str
    rounded: str
    bias: onnx.TensorProto
    scales: NDArray[np.float32]


def correct_biases(model: onnx.ModelProto, quantized: onnx.ModelProto, pixels: Pixels) -> onnx.ModelProto:
    """Shift the biases of a QDQ model until the mean of every channel is that of the float model.

    Args:
        model: float.
        quantized: made from it, with activations under the same names.
        pixels: pictures to average over. *Shape:* `(n, s, s, 3)`.

    """
    corrected = copy_of(quantized)
    layers = _layers(view(corrected))
    exact = dict(zip(layers, channel_means(model, [one.exact for one in layers.values()], pixels), strict=True))
    for name, layer in layers.items():
        shift = exact[name] - channel_means(corrected, [layer.rounded], pixels)[0]
        integers = numpy_helper.to_array(layer.bias) + np.rint(shift / layer.scales).astype(np.int32)
        layer.bias.CopyFrom(numpy_helper.from_array(integers.astype(np.int32), layer.bias.name))
    return corrected


def channel_means(model: onnx.ModelProto, names: Sequence[str], pixels: Pixels) -> list[NDArray[np.float64]]:
    """Mean of each channel of some feature maps over pictures and places. *Shape:* `(channels,)` each."""
    session = session_with_outputs(model, names)
    totals = [np.zeros(1, dtype=np.float64) for _ in names]
    for one in pixels:
        maps = session.run(list(names), {INPUT: one[np.newaxis]})
        totals = [
            total + value.mean(axis=(0, 2, 3), dtype=np.float64) for total, value in zip(totals, maps, strict=True)
        ]
    return [total / len(pixels) for total in totals]


def _layers(graph: GraphView) -> dict[str, _Layer]:
    """The convolutions whose bias and result are quantized, by the name of the result, in order."""
    rounded = {
        quantize.input[0]: dequantize.output[0]
        for dequantize in graph.model.graph.node
        if dequantize.op_type == "DequantizeLinear"
        and (quantize := graph.producers.get(dequantize.input[0])) is not None
        and quantize.op_type == "QuantizeLinear"
    }
    layers = {}
    for node in graph.model.graph.node:
        if node.op_type != "Conv" or len(node.input) < 3 or node.output[0] not in rounded:  # noqa: PLR2004
            continue
        bias = graph.producers.get(node.input[2])
        if bias is not None and bias.op_type == "DequantizeLinear":
            layers[node.output[0]] = _Layer(
                exact=node.output[0],
                rounded=rounded[node.output[0]],
                bias=graph.constants[bias.input[0]],
                scales=graph.constant(bias.input[1]),
            )
    return layers
