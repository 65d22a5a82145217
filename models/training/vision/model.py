"""The image model: one encoder pass gives scores, places, an embedding for copies, and features for joint models."""

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.vision.encoder import (
    COARSE_CHANNELS,
    FINE_CHANNELS,
    MIDDLE_CHANNELS,
    N_BLOCKS,
    ImageEncoder,
    Pyramid,
)
from models.training.vision.memory import ImageNetMemory

SIDE: Final = 224
REGION_SIDE: Final = SIDE // 8
REGION_CHANNELS: Final = 64
EMBEDDING_SIZE: Final = 128
EMBEDDING_HIDDEN: Final = 512
GATE_LABEL: Final = "text"
"""The auxiliary label, last of all, that the gate answers instead of the classifier; see `gate`."""


class VisionOutputs(NamedTuple):
    """What the model says of `n` pictures.

    Attributes:
        logits: *Shape:* `(n, L)`.
        regions: logits of places. *Shape:* `(n, K, 28, 28)`.
        embedding: rows of length 1. *Shape:* `(n, 128)`.
        features: mean of the last feature map. *Shape:* `(n, 1280)`.

    """

    logits: Tensor
    regions: Tensor
    embedding: Tensor
    features: Tensor


class RegionHead(nn.Module):
    """Places at an eighth of the side: each level votes, coarse levels are laid over the finer ones.

    Source: Lin et al. (2017), "Feature pyramid networks for object detection", section 3.
    """

    def __init__(self, n_kinds: int) -> None:
        super().__init__()
        self.fine = nn.Conv2d(FINE_CHANNELS, REGION_CHANNELS, 1)
        self.middle = nn.Conv2d(MIDDLE_CHANNELS, REGION_CHANNELS, 1)
        self.coarse = nn.Conv2d(COARSE_CHANNELS, REGION_CHANNELS, 1)
        self.blend = nn.Conv2d(REGION_CHANNELS, REGION_CHANNELS, 3, padding=1, groups=REGION_CHANNELS)
        self.mix = nn.Conv2d(REGION_CHANNELS, REGION_CHANNELS, 1)
        self.out = nn.Conv2d(REGION_CHANNELS, n_kinds, 1)

    def forward(self, pyramid: Pyramid) -> Tensor:
        """Logits a place and kind. *Shape:* `(n, K, s/8, s/8)`."""
        middle = self.middle(pyramid.middle) + functional.interpolate(self.coarse(pyramid.coarse), scale_factor=2.0)
        x = functional.relu(self.fine(pyramid.fine) + functional.interpolate(functional.relu(middle), scale_factor=2.0))
        logits: Tensor = self.out(functional.relu(self.mix(functional.relu(self.blend(x)))))
        return logits


class EmbeddingHead(nn.Module):
    """Copies of a picture close together, different pictures apart: pooled levels through two layers to the sphere."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(FINE_CHANNELS + MIDDLE_CHANNELS + COARSE_CHANNELS)
        self.hidden = nn.Linear(FINE_CHANNELS + MIDDLE_CHANNELS + COARSE_CHANNELS, EMBEDDING_HIDDEN)
        self.out = nn.Linear(EMBEDDING_HIDDEN, EMBEDDING_SIZE)

    def forward(self, pyramid: Pyramid) -> Tensor:
        """Rows of length 1. *Shape:* `(n, 128)`."""
        return self.project(pooled_levels(pyramid))

    def project(self, pooled: Tensor) -> Tensor:
        """The same from pooled levels. *Shape:* `(n, 1432)` to `(n, 128)`."""
        x: Tensor = self.out(functional.relu(self.hidden(self.norm(pooled))))
        return x / x.square().sum(dim=1, keepdim=True).clamp_min(1e-12).sqrt()


def pooled_levels(pyramid: Pyramid) -> Tensor:
    """The mean of every level, side by side. *Shape:* `(n, 40 + 112 + 1280)`."""
    return torch.cat([level.mean(dim=(2, 3)) for level in pyramid], dim=1)


class VisionModel(nn.Module):
    """Everything Weir asks of one picture, in one pass.

    Attributes:
        labels: names of the columns of `logits`: categories, then auxiliary labels.
        kinds: names of the channels of `regions`.

    """

    def __init__(
        self, encoder: ImageEncoder, labels: tuple[str, ...], kinds: tuple[str, ...], dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.labels = labels
        self.kinds = kinds
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(COARSE_CHANNELS, len(labels))
        self.locate = RegionHead(len(kinds))
        self.embed = EmbeddingHead()
        self.gate = nn.Linear(FINE_CHANNELS + MIDDLE_CHANNELS + COARSE_CHANNELS, 1)
        self.memory: ImageNetMemory | None = None
        self.memory_block = N_BLOCKS

    def remember(self, memory: ImageNetMemory, first_block: int, weights: dict[str, float]) -> None:
        """Add the pretrained log-odds of some labels to their logits, as exported; training goes on without them."""
        self.memory, self.memory_block = memory, first_block
        spread = torch.zeros(len(weights), len(self.labels))
        for row, (label, weight) in enumerate(weights.items()):
            spread[row, self.labels.index(label)] = weight
        self.register_buffer("memory_weights", spread)

    def forward(self, pixels: Tensor) -> VisionOutputs:
        """Everything, as exported.

        Args:
            pixels: uint8, RGB, the whole picture squashed to a square. *Shape:* `(n, 224, 224, 3)`.

        """
        pyramid, entering = self.encoder.look(pixels.permute(0, 3, 1, 2), self.memory_block)
        features, pooled = pyramid.coarse.mean(dim=(2, 3)), pooled_levels(pyramid)
        logits = self.classify(features)
        if self.memory is not None:
            logits = logits + self.memory(entering) @ self.memory_weights
        if self.labels[-1] == GATE_LABEL:
            logits = torch.cat([logits[:, :-1], self.gate(pooled)], dim=1)
        return VisionOutputs(logits, self.locate(pyramid), self.embed.project(pooled), features)

    def judge(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and regions only, as trained first. `pixels` as `(n, 3, s, s)`."""
        pyramid = self.encoder(pixels)
        return self.classify(self.dropout(pyramid.coarse.mean(dim=(2, 3)))), self.locate(pyramid)
