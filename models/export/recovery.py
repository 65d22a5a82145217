"""Recovery: a checkpoint from a shipped bundle, so that training goes on from the model that serves.

Checkpoints are ten times as large as bundles and do not ship. The int8 graph holds everything but rounding: each
weight is an integer times the scale of its column, divided by the factors that balanced its input; biases and norms
are float32 as trained. Rounding costs what quantization costs, and the first steps of training mend it.
"""

import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from transformers import AutoConfig, AutoModel

from models.export.errors import ExportError
from models.export.graph import GraphView, view
from models.runtime.bundle import MODEL_FILE, TOKENIZER_FILE, TextBundle, load_text_bundle
from models.training.checkpoint import save_classifier
from models.training.classifier import TextClassifier
from models.training.encoder import find_encoder
from models.training.tokens import read_tokenizer

Weights = NDArray[np.float32]

_PREFIX = "classifier."
_PRODUCTS = ("attention.output.dense", "intermediate.dense", "output.dense")
"""Products of a layer beside attention's own, named by the bias that each adds."""
_INTEGERS = "_int8"


def recover_checkpoint(bundle: Path, out: Path, *, encoder: str = "wheel") -> TextClassifier:
    """Write a checkpoint whose float model is the bundle's, up to the rounding of its weights.

    Args:
        bundle: a folder that `weir export` made with the static int8 scheme.
        out: the checkpoint's folder; one that is there is replaced.
        encoder: where the encoder's configuration is, as `encoder.name` of a training file.

    Raises:
        BundleError: the bundle cannot be read.
        ExportError: its graph is not one that this project's export writes, or the encoder has another shape.

    """
    loaded = load_text_bundle(bundle)
    classifier = _empty(loaded, encoder)
    graph = view(onnx.load(str(bundle / MODEL_FILE)))
    try:
        weights = _read_weights(graph, classifier)
        classifier.load_state_dict(
            {name: torch.from_numpy(value.copy()) for name, value in weights.items()}, strict=True
        )
    except (KeyError, StopIteration, ValueError, RuntimeError) as error:
        raise ExportError(f"{bundle}: its graph does not hold the weights of encoder '{encoder}'") from error
    shutil.rmtree(out, ignore_errors=True)
    save_classifier(classifier, out)
    return classifier


def _empty(bundle: TextBundle, encoder: str) -> TextClassifier:
    """A classifier of the bundle's shape, its weights still to be read."""
    location, _ = find_encoder(encoder)
    manifest = bundle.manifest
    return TextClassifier(
        AutoModel.from_config(
            AutoConfig.from_pretrained(location), attn_implementation="eager", add_pooling_layer=False
        ),
        read_tokenizer(bundle.path / TOKENIZER_FILE),
        manifest.labels,
        manifest.auxiliary_labels,
        max_tokens=manifest.max_tokens,
        dataset_digest=manifest.dataset_digest,
        origin=manifest.encoder,
        spelling=manifest.spelling,
        previous_tokens=manifest.previous_tokens,
    ).eval()


def _read_weights(graph: GraphView, classifier: TextClassifier) -> dict[str, Weights]:
    """Every parameter of the classifier by its name in torch."""
    weights = {
        name.removeprefix(_PREFIX): graph.constant(name)
        for name in graph.constants
        if name.startswith(_PREFIX) and not name.endswith((_INTEGERS, "_scales"))
    }
    words = "encoder.embeddings.word_embeddings.weight"
    rows, scales = (graph.constant(f"{_PREFIX}{words}{part}") for part in (_INTEGERS, "_scales"))
    weights[words] = rows * scales
    for layer in range(int(classifier.encoder.config.num_hidden_layers)):
        weights |= _layer(graph, layer, f"encoder.encoder.layer.{layer}")
    return {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in weights.items()}


def _layer(graph: GraphView, layer: int, prefix: str) -> dict[str, Weights]:
    """The matrices of one layer. ONNX multiplies from the right, torch keeps the transpose."""
    found: dict[str, Weights] = {}
    bias = f"Attention_{layer}_qkv_bias"
    node = next(one for one in graph.model.graph.node if one.op_type == "QAttention" and one.input[2] == bias)
    matrix = _matrix(graph, node)
    for part, name in enumerate(("query", "key", "value")):
        columns = slice(part * matrix.shape[1] // 3, (part + 1) * matrix.shape[1] // 3)
        found[f"{prefix}.attention.self.{name}.weight"] = matrix[:, columns].T
        found[f"{prefix}.attention.self.{name}.bias"] = graph.constant(bias)[columns]
    for product in _PRODUCTS:
        bias = f"{_PREFIX}{prefix}.{product}.bias"
        node = next(one for one in graph.model.graph.node if one.op_type.startswith("MatMulI") and bias in one.input)
        found[f"{prefix}.{product}.weight"] = _matrix(graph, node).T
    return found


def _matrix(graph: GraphView, node: onnx.NodeProto) -> Weights:
    """The float matrix of a quantized product, balancing undone. *Shape:* `(k, n)`."""
    name = node.input[1]
    matrix = graph.constant(name) * graph.constant(name.removesuffix(_INTEGERS) + "_scales")
    quantizer = graph.producers[node.input[0]]
    division = graph.producers.get(quantizer.input[0])
    if division is not None and division.op_type == "Mul" and division.output[0].endswith("_balanced"):
        matrix = matrix * graph.constant(division.input[1])[:, np.newaxis]
    return np.asarray(matrix, dtype=np.float32)
