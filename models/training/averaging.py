"""Averaging: one checkpoint between two, each weight on the line between theirs.

Two runs from the same pretrained weights lie in one basin, and a point between them often generalises better than
either end. Source: Wortsman et al. (2022), "Robust fine-tuning of zero-shot models".
"""

from pathlib import Path

import torch
from torch import Tensor

from models.training.checkpoint import load_classifier
from models.training.classifier import TextClassifier
from models.training.errors import EncoderError

_TINY = 1e-12


def average(first: Path, second: Path, share: float) -> TextClassifier:
    """The classifier at `share` of the way from the first checkpoint to the second, with the second's columns.

    Losses differ in the scale of the logits that they train, so the first's heads are brought to the second's norms.
    Columns that only the second has stay as they are.

    Args:
        first: a checkpoint's folder.
        second: another's, of the same encoder.
        share: 0 the first (its heads in the second's scale), 1 the second.

    Raises:
        CheckpointError: one of them cannot be read.
        EncoderError: their encoders differ in shape.

    """
    old, new = load_classifier(first), load_classifier(second)
    ours, theirs = old.encoder.state_dict(), new.encoder.state_dict()
    if {name: value.shape for name, value in ours.items()} != {name: value.shape for name, value in theirs.items()}:
        raise EncoderError(f"{first} and {second} have encoders of different shapes")
    new.encoder.load_state_dict({name: _between(ours[name], value, share) for name, value in theirs.items()})
    columns = (*old.labels, *old.auxiliary_labels)
    with torch.no_grad():
        for row, name in enumerate((*new.labels, *new.auxiliary_labels)):
            if name in columns:
                column = columns.index(name)
                scale = new.heads.weight[row].norm() / old.heads.weight[column].norm().clamp_min(_TINY)
                new.heads.weight[row] = _between(old.heads.weight[column] * scale, new.heads.weight[row], share)
                new.heads.bias[row] = _between(old.heads.bias[column] * scale, new.heads.bias[row], share)
    return new


def _between(first: Tensor, second: Tensor, share: float) -> Tensor:
    """Whole numbers (positions) are the second's."""
    return torch.lerp(first, second, share) if second.is_floating_point() else second
