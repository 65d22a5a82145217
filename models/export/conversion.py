"""Conversion: a checkpoint's classifier to a float ONNX model, by optimum's exporter."""

import warnings
from pathlib import Path

import onnx
import torch
from optimum.exporters.onnx import export
from optimum.exporters.onnx.config import TextEncoderOnnxConfig
from optimum.utils import DEFAULT_DUMMY_SHAPES, NormalizedTextConfig
from torch import Tensor, nn
from transformers import PretrainedConfig

from models.training.classifier import TextClassifier

OPSET = 17
"""The newest opset that onnxruntime's transformer fusions know by its patterns (LayerNormalization is an operator)."""


class _TextOnnxConfig(TextEncoderOnnxConfig):  # type: ignore[misc]
    """Two inputs (token types are all zero here), one output, batch and length free."""

    NORMALIZED_CONFIG_CLASS = NormalizedTextConfig

    @property
    def inputs(self) -> dict[str, dict[int, str]]:
        axes = {0: "batch", 1: "tokens"}
        return {"input_ids": axes, "attention_mask": axes}

    @property
    def outputs(self) -> dict[str, dict[int, str]]:
        return {"logits": {0: "batch"}}


class _Exportable(nn.Module):
    """The shape optimum expects of a model: a `config`, and a mapping as output."""

    def __init__(self, classifier: nn.Module, config: PretrainedConfig) -> None:
        super().__init__()
        self.classifier = classifier
        self.config = config

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        return {"logits": self.classifier(input_ids=input_ids, attention_mask=attention_mask)}


def convert(classifier: TextClassifier, path: Path) -> onnx.ModelProto:
    """Write the classifier as a float32 ONNX model, and return it."""
    config = classifier.encoder.config
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of every Python branch it froze; parity is checked afterwards
        export(
            model=_Exportable(classifier.eval(), config),
            config=_TextOnnxConfig(config, task="text-classification"),
            output=path,
            opset=OPSET,
            input_shapes={**DEFAULT_DUMMY_SHAPES, "batch_size": 2, "sequence_length": 16},
        )
    return onnx.load(str(path))
