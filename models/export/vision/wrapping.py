"""Wrapping: a foreign image classifier made to take pixels and give logits, by nodes before and after its own.

Nothing inside the foreign model changes. Before it come scaling and layout, after it the categories:

- of classes that exclude each other (softmax), a category's probability is the sum over its classes, and its logit is
  `log(sum of its classes) - log(sum of the others)`;
- of independent classes (sigmoid), it is the highest of its classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, compose, helper

from models.contracts.taxonomy import Category
from models.export.graph import add_constant
from models.runtime.vision.classifier import INPUT

PREFIX: Final = "source/"
SMALLEST_SUM: Final = 1e-30
SMALLEST_PROB: Final = 1e-7
"""Of independent classes the other side is `1 - p`, which float32 cannot tell from 0 below this."""


class OutputKind(StrEnum):
    """What the numbers that a classifier gives are."""

    SOFTMAX_LOGITS = "softmax-logits"
    SIGMOID_LOGITS = "sigmoid-logits"
    SOFTMAX_PROBS = "softmax-probs"
    SIGMOID_PROBS = "sigmoid-probs"

    @property
    def is_exclusive(self) -> bool:
        """Whether exactly one class is true of a picture."""
        return self in {OutputKind.SOFTMAX_LOGITS, OutputKind.SOFTMAX_PROBS}

    @property
    def is_probability(self) -> bool:
        """Whether the numbers lie in [0, 1]."""
        return self in {OutputKind.SOFTMAX_PROBS, OutputKind.SIGMOID_PROBS}


class Layout(StrEnum):
    """The order of a classifier's input axes."""

    NCHW = "nchw"
    NHWC = "nhwc"


@dataclass(frozen=True)
class Preprocessing:
    """How a classifier wants its pixels: `(pixel / 255 - mean) / std`.

    Attributes:
        side: of its square, in pixels.
        mean: by channel, in [0, 1].
        std: by channel, positive.
        layout: of its input.
        is_bgr: blue comes first. `mean` and `std` are in the classifier's order.

    """

    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    layout: Layout = Layout.NCHW
    is_bgr: bool = False


@dataclass(frozen=True)
class Ends:
    """The names of a classifier's input and output, and how many classes it tells apart."""

    input: str
    output: str
    n_columns: int


Columns = Mapping[Category, Sequence[int]]
"""The classes that mean a category, by output column. A category appears in the order of the bundle's labels."""


def wrap(
    model: onnx.ModelProto, ends: Ends, preprocessing: Preprocessing, columns: Columns, kind: OutputKind
) -> onnx.ModelProto:
    """The classifier between its new ends.

    Args:
        model: one float32 input of four axes.
        ends: of the model.
        preprocessing: what its input is.
        columns: what its classes mean.
        kind: what its numbers are.

    """
    inner = compose.add_prefix(model, PREFIX)
    entry, source = PREFIX + ends.input, PREFIX + ends.output
    before = _before(inner, entry, preprocessing)
    after = (
        _exclusive(inner, source, columns, ends.n_columns, kind)
        if kind.is_exclusive
        else _independent(inner, source, columns, kind)
    )
    nodes = [*before, *inner.graph.node, *after]
    side = preprocessing.side
    graph = helper.make_graph(
        nodes,
        "adapted",
        [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", side, side, 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(columns)])],
        inner.graph.initializer,
    )
    wrapped = helper.make_model(graph, opset_imports=inner.opset_import, ir_version=inner.ir_version)
    wrapped.functions.extend(inner.functions)
    return wrapped


def _before(model: onnx.ModelProto, entry: str, preprocessing: Preprocessing) -> list[onnx.NodeProto]:
    mean, std = (np.array(one, dtype=np.float64) for one in (preprocessing.mean, preprocessing.std))
    scale = add_constant(model, "pixel_scale", (1.0 / (255.0 * std)).astype(np.float32))
    shift = add_constant(model, "pixel_shift", (-mean / std).astype(np.float32))
    nodes = [helper.make_node("Cast", [INPUT], ["floats"], to=TensorProto.FLOAT)]
    if preprocessing.is_bgr:
        order = add_constant(model, "blue_first", np.array([2, 1, 0], dtype=np.int64))
        nodes.append(helper.make_node("Gather", ["floats", order], ["reversed"], axis=3))
    nodes.append(helper.make_node("Mul", [nodes[-1].output[0], scale], ["scaled"]))
    is_first = preprocessing.layout is Layout.NCHW
    nodes.append(helper.make_node("Add", ["scaled", shift], ["normal" if is_first else entry]))
    if is_first:
        nodes.append(helper.make_node("Transpose", ["normal"], [entry], perm=[0, 3, 1, 2]))
    return nodes


def _exclusive(
    model: onnx.ModelProto, source: str, columns: Columns, n_columns: int, kind: OutputKind
) -> list[onnx.NodeProto]:
    """Both sums are made from their own classes: `1 - p` would lose what is left of a small one."""
    chosen = np.zeros((n_columns, len(columns)), dtype=np.float32)
    for position, indices in enumerate(columns.values()):
        chosen[list(indices), position] = 1.0
    own, other = add_constant(model, "own_classes", chosen), add_constant(model, "other_classes", 1.0 - chosen)
    probs = source if kind.is_probability else "probs"
    nodes = [] if kind.is_probability else [helper.make_node("Softmax", [source], [probs], axis=1)]
    nodes += [helper.make_node("MatMul", [probs, own], ["yes"]), helper.make_node("MatMul", [probs, other], ["no"])]
    return [*nodes, *_log_odds(model, SMALLEST_SUM)]


def _independent(model: onnx.ModelProto, source: str, columns: Columns, kind: OutputKind) -> list[onnx.NodeProto]:
    target = "yes" if kind.is_probability else "logits"
    nodes: list[onnx.NodeProto] = []
    for category, indices in columns.items():
        picked = [f"{category}_{index}" for index in indices]
        for name, index in zip(picked, indices, strict=True):
            place = add_constant(model, f"column_{index}", np.array([index], dtype=np.int64))
            nodes.append(helper.make_node("Gather", [source, place], [name], axis=1))
        nodes.append(helper.make_node("Max", picked, [category.value]))
    nodes.append(helper.make_node("Concat", [category.value for category in columns], [target], axis=1))
    if not kind.is_probability:
        return nodes
    one = add_constant(model, "one", np.array(1.0, dtype=np.float32))
    return [*nodes, helper.make_node("Sub", [one, "yes"], ["no"]), *_log_odds(model, SMALLEST_PROB)]


def _log_odds(model: onnx.ModelProto, smallest: float) -> list[onnx.NodeProto]:
    """`logits = log(yes) - log(no)`, finite at the ends; what is not a number stays so."""
    floor = add_constant(model, "smallest", np.array(smallest, dtype=np.float32))
    nodes = []
    for side in ("yes", "no"):
        nodes.append(helper.make_node("Max", [side, floor], [f"{side}_floored"]))
        nodes.append(helper.make_node("Log", [f"{side}_floored"], [f"{side}_log"]))
    return [*nodes, helper.make_node("Sub", ["yes_log", "no_log"], ["logits"])]
