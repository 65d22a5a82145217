"""The real encoder, once: its levels, what learns, and that its norms stand still."""

import pytest
import torch
from torch import nn

from models.training.errors import EncoderError
from models.training.vision.encoder import ImageEncoder, block_of, load_image_encoder


@pytest.fixture(scope="module")
def encoder() -> ImageEncoder:
    return load_image_encoder()


def test_a_picture_becomes_three_levels(encoder: ImageEncoder) -> None:
    with torch.inference_mode():
        pyramid = encoder(torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
    assert [tuple(level.shape) for level in pyramid] == [(1, 40, 8, 8), (1, 112, 4, 4), (1, 1280, 2, 2)]


def test_blocks_below_the_first_trained_one_do_not_learn(encoder: ImageEncoder) -> None:
    encoder.freeze_below(13)
    learning = {name for name, parameter in encoder.network.named_parameters() if parameter.requires_grad}
    assert all(block_of(name) >= 13 for name in learning)
    assert any(name.startswith("_blocks.13.") for name in learning)
    assert any(name.startswith("_conv_head") for name in learning)
    assert not any(name.startswith("_fc") for name in learning)


def test_norms_keep_their_statistics_while_training(encoder: ImageEncoder) -> None:
    encoder.train()
    assert not any(module.training for module in encoder.modules() if isinstance(module, nn.BatchNorm2d))
    encoder.eval()


def test_weights_that_do_not_fit_are_refused(tmp_path: object) -> None:
    path = tmp_path / "weights.pth"  # type: ignore[operator]
    torch.save({"other": torch.zeros(1)}, path)
    with pytest.raises(EncoderError, match="not the weights of an EfficientNet-Lite0"):
        load_image_encoder(str(path))
