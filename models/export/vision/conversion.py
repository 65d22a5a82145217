"""Conversion: an image model in torch to a float ONNX model with nothing left of its training."""

import tempfile
import warnings
from pathlib import Path
from typing import Final

import onnx
import onnxruntime as ort
import torch
from torch import nn

from models.runtime.classifier import LOG_ERRORS_ONLY
from models.runtime.vision.classifier import INPUT

OPSET: Final = 17
OUTPUTS: Final = ("logits", "regions", "embedding", "features")


def convert_image(module: nn.Module, side: int, path: Path) -> onnx.ModelProto:
    """Write a module as a float32 ONNX model, and return it.

    onnxruntime's basic optimisation then folds constants, paddings and batch norms into the convolutions: quantization
    has to see the weights that run.

    Args:
        module: takes uint8 `(n, side, side, 3)` and gives logits, regions, embedding and features.
        side: of the squares it looks at, in pixels.
        path: of the model.

    """
    names = (INPUT, *OUTPUTS)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of every Python branch it froze; parity is checked afterwards
        traced = Path(scratch) / "traced.onnx"
        torch.onnx.export(
            module.eval(),
            (torch.zeros(2, side, side, 3, dtype=torch.uint8),),
            str(traced),
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "n"} for name in names},
        )
        return fold(traced, path)


def fold(source: Path, target: Path) -> onnx.ModelProto:
    """Apply onnxruntime's basic optimisation to a model on disk, name every node, and drop unused operator domains."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    options.intra_op_num_threads = 1
    options.log_severity_level = LOG_ERRORS_ONLY
    ort.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
    model = onnx.load(str(target))
    for position, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{position}"
    used = {node.domain for node in model.graph.node}
    kept = [one for one in model.opset_import if one.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    onnx.save(model, str(target))
    return model
