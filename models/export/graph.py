"""Graphs: small views on an ONNX graph that the rewriting steps share."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

MICROSOFT = "com.microsoft"
"""The domain of onnxruntime's own operators."""


@dataclass(frozen=True)
class GraphView:
    """A model's graph, indexed once. Valid until the graph is rewritten.

    Attributes:
        model: the model.
        constants: initializers by name.
        consumers: how many nodes (and graph outputs) read a value.
        producers: the node that gives a value.

    """

    model: onnx.ModelProto
    constants: dict[str, onnx.TensorProto]
    consumers: dict[str, int]
    producers: dict[str, onnx.NodeProto]

    def constant(self, name: str) -> NDArray[np.float32]:
        """The value of an initializer, as float32.

        Raises:
            KeyError: there is no initializer of this name.

        """
        return np.asarray(numpy_helper.to_array(self.constants[name]), dtype=np.float32)


def view(model: onnx.ModelProto) -> GraphView:
    """Index a model's graph."""
    graph = model.graph
    consumers: dict[str, int] = {output.name: 1 for output in graph.output}
    for node in graph.node:
        for name in node.input:
            consumers[name] = consumers.get(name, 0) + 1
    producers = {name: node for node in graph.node for name in node.output}
    return GraphView(model, {one.name: one for one in graph.initializer}, consumers, producers)


def attributes(node: onnx.NodeProto) -> dict[str, object]:
    """A node's attributes by name."""
    return {one.name: helper.get_attribute_value(one) for one in node.attribute}


def copy_of(model: onnx.ModelProto) -> onnx.ModelProto:
    """A model that may be changed without changing the first."""
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    return copied


def replace_nodes(model: onnx.ModelProto, nodes: Iterable[onnx.NodeProto]) -> None:
    """Give the graph these nodes, in this order."""
    kept = list(nodes)
    del model.graph.node[:]
    model.graph.node.extend(kept)


def add_constant(model: onnx.ModelProto, name: str, value: NDArray[np.generic]) -> str:
    """Add an initializer, unless one of this name is there already, and return its name."""
    if all(one.name != name for one in model.graph.initializer):
        model.graph.initializer.append(numpy_helper.from_array(value, name))
    return name


def drop_unused_constants(model: onnx.ModelProto) -> None:
    """Remove initializers that no node reads."""
    used = {name for node in model.graph.node for name in node.input}
    kept = [one for one in model.graph.initializer if one.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def require_domain(model: onnx.ModelProto, domain: str) -> None:
    """Declare an operator domain, unless the model does already."""
    if all(one.domain != domain for one in model.opset_import):
        model.opset_import.append(helper.make_opsetid(domain, 1))
