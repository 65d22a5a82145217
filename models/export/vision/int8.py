"""Static int8 for convolutions: ranges and scales fixed at export, so that no picture can move another's score.

Feature maps are uint8 and convolution weights int8 with one scale a channel (QDQ pairs, which onnxruntime turns into
integer convolutions when it opens the model). What comes after pooling stays float, and so does the convolution that
gives an output: a hundredth of the work, and nothing after them averages their rounding out.

Source: Jacob et al. (2018), "Quantization and training of neural networks for efficient integer-arithmetic-only
inference". What was compared is in `docs/quantization.md`.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.quant_utils import add_pre_process_metadata

from models.export.graph import copy_of
from models.export.vision.bias import correct_biases
from models.export.vision.stem import PixelSteps, feed_pixels, pixel_steps
from models.runtime.vision.classifier import INPUT, Pixels

POOLING: Final = frozenset({"ReduceMean", "GlobalAveragePool", "AveragePool", "MaxPool", "Flatten", "Reshape"})
MAP_OPERATORS: Final = ("Conv", "Clip", "Relu", "Add", "Resize")
N_RANGE_PICTURES: Final = 128
"""Pictures whose activations set the ranges: 32, 96 and 300 gave feature cosines of 0.9934, 0.9933 and 0.9932."""
N_BIAS_PICTURES: Final = 32


@dataclass(frozen=True)
class ImageScheme:
    """What may be chosen.

    Attributes:
        seven_bit_weights: for processors without VNNI instructions, where 8-bit products can saturate.
        corrected_biases: shift biases by the mean error that rounding made.

    """

    seven_bit_weights: bool = False
    corrected_biases: bool = True

    @property
    def name(self) -> str:
        """How manifests name it."""
        corrected = ", corrected biases" if self.corrected_biases else ""
        bits = ", 7-bit weights" if self.seven_bit_weights else ""
        return f"static-int8 (QDQ, uint8 maps, int8 weights a channel, min-max ranges{corrected}{bits})"


@dataclass(frozen=True)
class ToolChoices:
    """What onnxruntime's quantizer is asked for; as it ships, unless a comparison asks for something else.

    Attributes:
        quant_format: pairs of QuantizeLinear and DequantizeLinear, or quantized operators.
        activations: their integer type.
        weights: their integer type; a scale a channel.
        method: how ranges are chosen.

    """

    quant_format: QuantFormat = QuantFormat.QDQ
    activations: QuantType = QuantType.QUInt8
    weights: QuantType = QuantType.QInt8
    method: CalibrationMethod = CalibrationMethod.MinMax


_SHIPPED: Final = ToolChoices()


def image_to_int8(path: Path, pixels: Pixels, scheme: ImageScheme) -> onnx.ModelProto:
    """Quantize a folded float model.

    Args:
        path: the float model, as `convert_image` writes it.
        pixels: training pictures that set ranges and biases. *Shape:* `(n, s, s, 3)`.
        scheme: the choices.

    """
    model = onnx.load(str(path))
    steps = pixel_steps(model)
    quantized = quantized_maps(model, pixels[:N_RANGE_PICTURES], scheme, steps)
    if steps is not None:
        quantized = feed_pixels(quantized, steps)
    if scheme.corrected_biases:
        quantized = correct_biases(model, quantized, pixels[-N_BIAS_PICTURES:])
    return quantized


def kept_float(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes that do not work on feature maps, or give an output."""
    pooled: set[str] = set()
    outputs = {one.name for one in model.graph.output}
    kept = []
    for node in model.graph.node:
        after = node.op_type in POOLING or any(name in pooled for name in node.input)
        if after:
            pooled.update(node.output)
        if after or outputs.intersection(node.output):
            kept.append(node.name)
    return kept


class _Pictures(CalibrationDataReader):  # type: ignore[misc]
    """Pictures one at a time, in the form that onnxruntime asks for."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels: Iterator[Pixels] = iter(pixels[:, None])

    def get_next(self) -> dict[str, Pixels] | None:
        """The next picture, or None after the last."""
        one = next(self._pixels, None)
        return None if one is None else {INPUT: one}


def quantized_maps(
    model: onnx.ModelProto,
    pixels: Pixels,
    scheme: ImageScheme,
    steps: PixelSteps | None,
    choices: ToolChoices = _SHIPPED,
) -> onnx.ModelProto:
    """Quantize everything that works on feature maps, and leave the rest.

    Args:
        model: float, folded.
        pixels: pictures that set ranges. *Shape:* `(n, s, s, 3)`.
        scheme: the choices.
        steps: how pixels are to be rounded; None lets them be measured like any activation.
        choices: of the tool.

    """
    marked = copy_of(model)
    add_pre_process_metadata(marked)
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "int8.onnx"
        quantize_static(
            marked,
            out,
            _Pictures(pixels),
            quant_format=choices.quant_format,
            op_types_to_quantize=list(MAP_OPERATORS),
            per_channel=True,
            reduce_range=scheme.seven_bit_weights,
            activation_type=choices.activations,
            weight_type=choices.weights,
            nodes_to_exclude=kept_float(model),
            calibrate_method=choices.method,
            extra_options={} if steps is None else {"TensorQuantOverrides": steps.overrides},
        )
        return onnx.load(str(out))
