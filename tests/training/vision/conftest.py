"""A tiny encoder with the real one's outputs, and pictures of coloured squares to learn from."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.training.vision.config import CopiesConfig, VisionConfig, VisionOptimiser, VisionSampling
from models.training.vision.encoder import COARSE_CHANNELS, FINE_CHANNELS, MIDDLE_CHANNELS, ImageEncoder, Pyramid
from models.training.vision.material import Box, VisionMaterial
from models.training.vision.model import VisionModel

SIDE = 64


class TinyEncoder(ImageEncoder):
    """Colours averaged over cells and spread over the real number of channels."""

    def __init__(self) -> None:
        super().__init__(nn.Identity())
        self.fine = nn.Conv2d(3, FINE_CHANNELS, 8, stride=8)
        self.middle = nn.Conv2d(3, MIDDLE_CHANNELS, 16, stride=16)
        self.coarse = nn.Conv2d(3, COARSE_CHANNELS, 32, stride=32)

    def forward(self, pixels: Tensor) -> Pyramid:
        x = (pixels.float() - 127) / 128
        return Pyramid(self.fine(x), self.middle(x), torch.relu(self.coarse(x)))


@pytest.fixture
def tiny_model() -> VisionModel:
    torch.manual_seed(0)
    return VisionModel(TinyEncoder(), ("weapons", "fire", "text"), ("weapons", "fire"))


@pytest.fixture
def tiny_config() -> VisionConfig:
    return VisionConfig(
        name="tiny",
        threads=1,
        precision="float32",
        resume_every_steps=2,
        auxiliary_labels=("text",),
        region_kinds=("weapons", "fire"),
        sampling=VisionSampling(pictures_an_epoch=16),
        optimiser=VisionOptimiser(epochs=2, batch=4),
        copies=CopiesConfig(views=3, steps=20, batch=8),
    )


@pytest.fixture
def squares() -> VisionMaterial:
    """Grey pictures; those with a red square show a weapon, boxed; two sources."""
    rng = np.random.default_rng(0)
    n = 24
    canvases = rng.integers(90, 160, (n, 3, SIDE, SIDE), dtype=np.uint8)
    targets = np.zeros((n, 3), dtype=np.int8)
    boxes: list[list[Box]] = [[] for _ in range(n)]
    for row in range(0, n, 2):
        canvases[row, 0, 16:48, 16:48], canvases[row, 1:, 16:48, 16:48] = 250, 5
        targets[row, 0] = 1
        boxes[row] = [Box(0, 0.25, 0.25, 0.75, 0.75)]
    sources = np.array(["one", "other"])[np.arange(n) // 12]
    return VisionMaterial(canvases, targets, boxes, np.ones((n, 2), dtype=bool), sources, np.arange(n).astype(str))


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path
