"""Conversion: a checkpoint's classifier to a float ONNX model, by optimum's exporter."""

import warnings
from pathlib import Path
from typing import Protocol, cast

import onnx
import torch
from optimum.exporters.onnx import export
from optimum.exporters.onnx.config import TextEncoderOnnxConfig
from optimum.utils import DEFAULT_DUMMY_SHAPES, NormalizedTextConfig
from torch import Tensor, nn
from transformers import PretrainedConfig

OPSET = 17
"""The newest opset that onnxruntime's transformer fusions know by its patterns (LayerNormalization is an operator)."""


class ExportableClassifier(Protocol):
    """What a text classifier must bring to be exported.

    Attributes:
        labels: categories with a head, in the order of the output columns.
        auxiliary_labels: further columns.
        max_tokens: longest window it was trained on, special tokens included.
        dataset_digest: digest of its training data.

    """

    labels: tuple[str, ...]
    auxiliary_labels: tuple[str, ...]
    max_tokens: int
    dataset_digest: str
    encoder: nn.Module

    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits. *Shape:* `(n, len(labels) + len(auxiliary_labels))`."""


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


def convert(classifier: ExportableClassifier, path: Path) -> onnx.ModelProto:
    """Write the classifier as a float32 ONNX model, and return it.

    The attention is traced in its plain form: the pattern that onnxruntime fuses best.
    """
    module = cast("nn.Module", classifier).eval()
    config = cast("PretrainedConfig", classifier.encoder.config)
    config._attn_implementation = "eager"  # noqa: SLF001: the switch transformers reads at every call
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of every Python branch it froze; parity is checked afterwards
        export(
            model=_Exportable(module, config),
            config=_TextOnnxConfig(config, task="text-classification"),
            output=path,
            opset=OPSET,
            input_shapes={**DEFAULT_DUMMY_SHAPES, "batch_size": 2, "sequence_length": 16},
        )
    return onnx.load(str(path))
