"""Alternatives: the other ways to quantize this encoder, built by onnxruntime's own tools, for the comparison."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

from models.export.fusion import fuse
from models.export.graph import (
    MICROSOFT,
    GraphView,
    add_constant,
    drop_unused_constants,
    replace_nodes,
    view,
)
from models.export.ranges import is_quantizable
from models.export.static_int8 import WEIGHT_LIMIT

ZERO_POINT = 128
"""What MatMulNBits takes as zero in eight unsigned bits."""
HISTOGRAM_TOKENS = 32
_OPTIONS = {"DefaultTensorType": onnx.TensorProto.FLOAT}


@dataclass(frozen=True)
class Source:
    """The float model that every alternative starts from.

    Attributes:
        path: float ONNX as converted.
        scratch: a folder for intermediate files.
        n_heads: attention heads a layer.
        hidden_size: width of the encoder.
        batches: calibration texts as token ids without padding. *Shape:* `(n, t)` each.

    """

    path: Path
    scratch: Path
    n_heads: int
    hidden_size: int
    batches: Sequence[NDArray[np.int64]]

    def fused(self, *, attention: bool) -> Path:
        """The fused float model, on disk."""
        path = self.scratch / f"fused-{attention}.onnx"
        if not path.is_file():
            onnx.save(fuse(self.path, self.n_heads, self.hidden_size, attention=attention), str(path))
        return path


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Calibration texts in the form that onnxruntime asks for."""

    def __init__(self, batches: Sequence[NDArray[np.int64]]) -> None:
        self._batches: Iterator[NDArray[np.int64]] = iter(batches)

    def get_next(self) -> dict[str, NDArray[np.int64]] | None:
        """The next text, or None after the last."""
        ids = next(self._batches, None)
        return None if ids is None else {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def _equal(batches: Sequence[NDArray[np.int64]], n_texts: int) -> list[NDArray[np.int64]]:
    long = [ids[:, :HISTOGRAM_TOKENS] for ids in batches if ids.shape[1] >= HISTOGRAM_TOKENS]
    return long[:n_texts]


def dynamic(source: Source) -> onnx.ModelProto:
    """Activation ranges measured over the batch at run time."""
    out = source.scratch / "dynamic.onnx"
    quantize_dynamic(
        source.fused(attention=True),
        out,
        op_types_to_quantize=["MatMul", "Attention"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options=_OPTIONS,
    )
    return onnx.load(str(out))


def static(
    source: Source,
    *,
    quant_format: QuantFormat = QuantFormat.QDQ,
    activations: QuantType = QuantType.QUInt8,
    weights: QuantType = QuantType.QInt8,
    method: CalibrationMethod = CalibrationMethod.MinMax,
    quantized_outputs: bool = True,
    reduce_range: bool = False,
    histogram_texts: int = 32,
) -> onnx.ModelProto:
    """Activation ranges fixed by calibration.

    From the model as converted: the tool skips activations whose types it cannot infer behind fused operators, and
    onnxruntime fuses Gelu and LayerNorm when it loads the result.

    Args:
        source: the float model.
        quant_format: pairs of QuantizeLinear and DequantizeLinear, or quantized operators.
        activations: their integer type.
        weights: their integer type; a scale a column.
        method: how ranges are chosen.
        quantized_outputs: round the results of products too.
        reduce_range: seven-bit weights.
        histogram_texts: texts for the histogram methods, which keep every activation and want equal lengths: this
            many are taken, cut to `HISTOGRAM_TOKENS`.

    """
    out = source.scratch / "static.onnx"
    operators = ["MatMul"]
    excluded = {} if quantized_outputs else {"OpTypesToExcludeOutputQuantization": operators}
    quantize_static(
        source.path,
        out,
        _Reader(source.batches if method is CalibrationMethod.MinMax else _equal(source.batches, histogram_texts)),
        quant_format=quant_format,
        op_types_to_quantize=operators,
        per_channel=True,
        reduce_range=reduce_range,
        activation_type=activations,
        weight_type=weights,
        calibrate_method=method,
        extra_options={**_OPTIONS, "MatMulConstBOnly": True, **excluded},
    )
    return onnx.load(str(out))


def weight_blocks(source: Source, block_size: int) -> onnx.ModelProto:
    """Eight-bit weights in blocks; activations are rounded block by block of each row, so rows stay apart.

    Written out here, because onnxruntime's own tool for it needs a package that nothing else does.
    """
    model = onnx.load(str(source.fused(attention=False)))
    graph = view(model)
    nodes = [_blocks(graph, node, block_size) if is_quantizable(graph, node) else node for node in model.graph.node]
    replace_nodes(model, nodes)
    drop_unused_constants(model)
    return model


def _blocks(graph: GraphView, node: onnx.NodeProto, block_size: int) -> onnx.NodeProto:
    weights = graph.constant(node.input[1]).T
    n_columns, depth = weights.shape
    blocks = weights.reshape(n_columns, depth // block_size, block_size)
    scales = np.maximum(np.abs(blocks).max(axis=2), np.finfo(np.float32).tiny) / WEIGHT_LIMIT
    integers = (np.rint(blocks / scales[:, :, np.newaxis]) + ZERO_POINT).astype(np.uint8)
    name = node.input[1]
    inputs = [
        node.input[0],
        add_constant(graph.model, f"{name}_blocks", integers),
        add_constant(graph.model, f"{name}_block_scales", scales.astype(np.float32).reshape(-1)),
    ]
    sizes = {"K": depth, "N": n_columns, "bits": 8, "block_size": block_size, "accuracy_level": 4}
    return helper.make_node("MatMulNBits", inputs, node.output, name=node.name, domain=MICROSOFT, **sizes)
