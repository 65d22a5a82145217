"""Fusion: the same function in fewer and faster operators.

onnxruntime's transformer optimiser finds attention, LayerNorm and Gelu by their patterns. Its LayerNorm kernel is then
written out again: on x86 it works element by element and took 28 % of an int8 batch, while centring the row and
scaling it with the RMS kernel is the same formula at a fifth of the time.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model

from models.export.graph import add_constant, attributes, copy_of, drop_unused_constants, replace_nodes, view

LAYER_NORM_EPSILON = 1e-5
"""The operator's default. Source: ONNX operator specification, LayerNormalization."""
REDUCE_AXES_NAME = "weir_last_axis"


def fuse(path: Path, n_heads: int, hidden_size: int) -> onnx.ModelProto:
    """Fuse attention, LayerNorm and Gelu of a float model on disk.

    Biases stay apart from Gelu and LayerNorm: quantized matrix products add them at no cost. Embeddings stay apart
    too: their table is quantized by row, which the fused operator cannot express.
    """
    options = FusionOptions("bert")
    options.enable_embed_layer_norm = False
    options.enable_bias_gelu = False
    options.enable_bias_skip_layer_norm = False
    options.enable_skip_layer_norm = False
    optimized = optimize_model(
        str(path),
        model_type="bert",
        num_heads=n_heads,
        hidden_size=hidden_size,
        optimization_options=options,
        opt_level=0,
    )
    model: onnx.ModelProto = optimized.model
    return model


def write_out_layer_norms(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace each LayerNorm over the last axis by centring, RMS scaling and a shift: the same formula.

    `LN(x) = g * (x - mean(x)) / sqrt(var(x) + e) + b = RMSNorm_g(x - mean(x)) + b`, as `var(x) = mean((x - mean(x))^2)`.
    Source: Zhang & Sennrich (2019), "Root mean square layer normalization", section 4.
    """
    rewritten = copy_of(model)
    graph = view(rewritten)
    nodes: list[onnx.NodeProto] = []
    for node in rewritten.graph.node:
        is_plain = node.op_type == "LayerNormalization" and len(node.input) == 3 and len(node.output) == 1  # noqa: PLR2004
        nodes.extend(_written_out(node) if is_plain and node.input[1] in graph.constants else [node])
    replace_nodes(rewritten, nodes)
    return rewritten


def _written_out(node: onnx.NodeProto) -> list[onnx.NodeProto]:
    x, scale, shift = node.input
    y = node.output[0]
    epsilon = attributes(node).get("epsilon", LAYER_NORM_EPSILON)
    return [
        helper.make_node("ReduceMean", [x], [f"{y}_mean"], name=f"{y}_mean", axes=[-1], keepdims=1),
        helper.make_node("Sub", [x, f"{y}_mean"], [f"{y}_centred"], name=f"{y}_centre"),
        helper.make_node(
            "SimplifiedLayerNormalization",
            [f"{y}_centred", scale],
            [f"{y}_scaled"],
            name=f"{y}_scale",
            axis=-1,
            epsilon=epsilon,
        ),
        helper.make_node("Add", [f"{y}_scaled", shift], [y], name=f"{y}_shift"),
    ]


def quantize_embeddings(model: onnx.ModelProto, min_rows: int = 1000) -> onnx.ModelProto:
    """Store large embedding tables as int8 with one scale a row: a quarter of the size, and half of the file is table.

    Rows are gathered first and scaled afterwards, so that the float table never exists in memory either.

    Args:
        model: a model with `Gather` nodes over float tables.
        min_rows: smaller tables (positions, token types) stay as they are.

    """
    rewritten = copy_of(model)
    graph = view(rewritten)
    nodes: list[onnx.NodeProto] = []
    for node in rewritten.graph.node:
        table = graph.constants.get(node.input[0]) if node.op_type == "Gather" else None
        is_large = table is not None and table.data_type == onnx.TensorProto.FLOAT and table.dims[0] >= min_rows
        nodes.extend(_quantized_gather(rewritten, node, graph.constant(node.input[0])) if is_large else [node])
    replace_nodes(rewritten, nodes)
    drop_unused_constants(rewritten)
    return rewritten


def _quantized_gather(model: onnx.ModelProto, node: onnx.NodeProto, table: np.ndarray) -> list[onnx.NodeProto]:
    scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / 127.0
    rows = np.clip(np.rint(table / scales), -127, 127).astype(np.int8)
    name, ids, y = node.input[0], node.input[1], node.output[0]
    rows_name = add_constant(model, f"{name}_int8", rows)
    scales_name = add_constant(model, f"{name}_scales", scales.astype(np.float32))
    return [
        helper.make_node("Gather", [rows_name, ids], [f"{y}_rows"], name=f"{y}_rows"),
        helper.make_node("Gather", [scales_name, ids], [f"{y}_scales"], name=f"{y}_scales"),
        helper.make_node("Cast", [f"{y}_rows"], [f"{y}_float"], name=f"{y}_float", to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [f"{y}_float", f"{y}_scales"], [y], name=f"{y}_scaled"),
    ]
