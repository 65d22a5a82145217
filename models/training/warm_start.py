"""Warm start: begin from a trained classifier instead of from its pretrained encoder, whole or with fewer layers."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from models.training.checkpoint import load_classifier
from models.training.classifier import TextClassifier
from models.training.errors import EncoderError


def take_over(checkpoint: Path, classifier: TextClassifier, layers: Sequence[int] = ()) -> None:
    """Copy the encoder, and the heads of the labels that both have; further heads stay as they were initialised.

    Args:
        checkpoint: a folder that training or `weir train recover` wrote.
        classifier: has `len(layers)` layers, or as many as the checkpoint where `layers` is empty.
        layers: which layers of the checkpoint's encoder to keep, in rising order.

    Raises:
        CheckpointError: the checkpoint cannot be read.
        EncoderError: its encoder has another shape.

    """
    source = load_classifier(checkpoint)
    if layers:
        keep_layers(source, layers)
    try:
        classifier.encoder.load_state_dict(source.encoder.state_dict())
    except RuntimeError as error:
        raise EncoderError(f"{checkpoint}: its encoder does not have the shape of the one to train") from error
    old = (*source.labels, *source.auxiliary_labels)
    new = (*classifier.labels, *classifier.auxiliary_labels)
    with torch.no_grad():
        for row, name in enumerate(new):
            if name in old:
                classifier.heads.weight[row] = source.heads.weight[old.index(name)]
                classifier.heads.bias[row] = source.heads.bias[old.index(name)]


def keep_layers(classifier: TextClassifier, layers: Sequence[int]) -> None:
    """Drop all other layers of the encoder.

    Source: Sajjad et al. (2023), "On the effect of dropping layers of pre-trained transformer models".

    Raises:
        EncoderError: the layers are not rising numbers of layers that there are.

    """
    stack = classifier.encoder.encoder.layer
    if list(layers) != sorted(set(layers)) or not 0 <= layers[0] <= layers[-1] < len(stack):
        raise EncoderError(f"encoder.layers are rising numbers from 0 to {len(stack) - 1}")
    classifier.encoder.encoder.layer = nn.ModuleList([stack[layer] for layer in layers])
    classifier.encoder.config.num_hidden_layers = len(layers)
