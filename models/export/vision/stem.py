"""The stem: pixels are eight bits already, so the first convolution can take them as they are.

A model scales its pixels (`(x - 127) / 128`), and quantization would round the scaled values to 256 steps again. When
the steps are the pixels themselves, all of that is one transposition, and loses nothing.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from models.export.graph import copy_of, drop_unused_constants, replace_nodes, view
from models.export.ranges import session_with_outputs
from models.runtime.vision.classifier import INPUT

SCALING: Final = frozenset({"Transpose", "Cast", "Sub", "Div", "Mul", "Add"})
LEVELS: Final = 256
MAX_ERROR_STEPS: Final = 1e-3
"""Scaled pixels that lie this close to evenly spaced ones count as evenly spaced: float32 rounding, no more."""


@dataclass(frozen=True)
class PixelSteps:
    """Scaled pixels that are evenly spaced: `(pixel - zero) * step`.

    Attributes:
        name: of the value that the first convolution reads.
        step: between neighbouring pixel values.
        zero: the pixel value that becomes 0.

    """

    name: str
    step: float
    zero: int

    @property
    def overrides(self) -> dict[str, list[dict[str, Any]]]:
        """In the form in which onnxruntime's quantizer is told scale and zero point of a value."""
        return {self.name: [{"scale": np.array(self.step, np.float32), "zero_point": np.array(self.zero, np.uint8)}]}


def pixel_steps(model: onnx.ModelProto) -> PixelSteps | None:
    """How a float model scales its pixels; None when not evenly, not in every channel alike, or 0 is no whole pixel."""
    name = _scaled_pixels(model)
    if name is None:
        return None
    values = _scaled_levels(model, name)
    step = float(values[:, -1].mean() - values[:, 0].mean()) / (LEVELS - 1)
    if step <= 0.0:
        return None
    zero = round(-float(values[:, 0].mean()) / step)
    error_steps = np.abs(values / step - (np.arange(LEVELS) - zero)).max()
    return PixelSteps(name, step, zero) if 0 <= zero < LEVELS and error_steps < MAX_ERROR_STEPS else None


def feed_pixels(quantized: onnx.ModelProto, steps: PixelSteps) -> onnx.ModelProto:
    """Hand pixels to the first convolution without scaling and rounding them.

    Args:
        quantized: a QDQ model in which the scaled pixels were rounded with `steps.overrides`.
        steps: of the float model it was made from.

    """
    changed = copy_of(quantized)
    rounding = next(
        node for node in changed.graph.node if node.op_type == "QuantizeLinear" and node.input[0] == steps.name
    )
    first = helper.make_node("Transpose", [INPUT], [rounding.output[0]], name="pixels_first", perm=[0, 3, 1, 2])
    replace_nodes(changed, [first, *_needed(changed, rounding.output[0])])
    drop_unused_constants(changed)
    return changed


def _scaled_pixels(model: onnx.ModelProto) -> str | None:
    """The value that the first convolution reads, if it is made from pixels by scaling alone."""
    constants = view(model).constants
    scaled = {INPUT}
    for node in model.graph.node:
        if node.op_type == "Conv" and node.input[0] in scaled:
            return str(node.input[0])
        if node.op_type in SCALING and all(name in scaled or name in constants for name in node.input):
            scaled.update(node.output)
    return None


def _scaled_levels(model: onnx.ModelProto, name: str) -> NDArray[np.float64]:
    """What the model makes of every level of each channel, seen on grey pictures. *Shape:* `(3, 256)`."""
    side = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    grey = np.arange(side * side, dtype=np.int64) % LEVELS
    pixels = np.repeat(grey.astype(np.uint8), 3).reshape(1, side, side, 3)
    scaled = session_with_outputs(model, [name]).run([name], {INPUT: pixels})[0]
    return np.asarray(scaled, dtype=np.float64).reshape(3, -1)[:, :LEVELS]


def _needed(model: onnx.ModelProto, given: str) -> list[onnx.NodeProto]:
    """The nodes that lead to an output from a value that something else gives now."""
    wanted = {one.name for one in model.graph.output}
    kept: list[onnx.NodeProto] = []
    for node in reversed(model.graph.node):
        if given not in node.output and wanted.intersection(node.output):
            kept.append(node)
            wanted.update(node.input)
    return kept[::-1]
