"""Averaging: a checkpoint between two."""

from pathlib import Path

import pytest
import torch

from models.training.averaging import average
from models.training.checkpoint import save_classifier
from models.training.classifier import TextClassifier
from models.training.errors import EncoderError
from models.training.warm_start import keep_layers

IDS = torch.tensor([[2, 5, 7, 3]])
MASK = torch.ones_like(IDS)


@pytest.fixture
def ends(classifier: TextClassifier, tmp_path: Path) -> tuple[Path, Path]:
    """The same classifier, and one whose weights are all three times as large."""
    save_classifier(classifier, tmp_path / "first")
    with torch.no_grad():
        for weight in classifier.parameters():
            weight.mul_(3.0)
    save_classifier(classifier, tmp_path / "second")
    return tmp_path / "first", tmp_path / "second"


@pytest.mark.parametrize(("share", "factor"), [(0.0, 1.0), (0.5, 2.0), (1.0, 3.0)])
def test_every_weight_of_the_encoder_lies_on_the_line_between_both(
    ends: tuple[Path, Path], share: float, factor: float
) -> None:
    low, found = average(*ends, 0.0), average(*ends, share)
    for (name, one), (_, other) in zip(low.encoder.named_parameters(), found.encoder.named_parameters(), strict=True):
        assert torch.allclose(one * factor, other, rtol=1e-4, atol=1e-6), name


def test_heads_have_the_scale_of_the_second_wherever_on_the_line(ends: tuple[Path, Path]) -> None:
    first, second = average(*ends, 0.0), average(*ends, 1.0)
    assert torch.allclose(first.heads.weight, second.heads.weight, atol=1e-5)


def test_encoders_of_different_depth_have_nothing_between_them(
    ends: tuple[Path, Path], classifier: TextClassifier, tmp_path: Path
) -> None:
    keep_layers(classifier, [0])
    save_classifier(classifier, tmp_path / "third")
    with pytest.raises(EncoderError, match="different shapes"):
        average(ends[0], tmp_path / "third", 0.5)
