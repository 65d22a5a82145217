"""Memory: what ImageNet taught the encoder about a label, kept beside what was learnt here.

ImageNet names a few weapons, and saw each of them among a million other things: more variety than the sets at hand.
Learning moves the last blocks away from that. So a label may keep its pretrained opinion: a frozen copy of the last
blocks and of the classifier gives the log-odds of its ImageNet classes, and they are added to its logit. On unseen
sources the sum beats both parts (docs/vision.md); it costs a fifth of a pass.
"""

import copy
from typing import Final

import torch
from torch import Tensor, nn

from models.training.vision.encoder import N_BLOCKS, ImageEncoder

IMAGENET_CLASSES: Final[dict[str, tuple[int, ...]]] = {
    "weapons": (413, 471, 499, 623, 763, 764, 777),
    "fire": (470, 556, 644, 862, 980),
}
"""assault rifle, cannon, cleaver, letter opener, revolver, rifle, scabbard; candle, fire screen, matchstick, torch,
volcano. Source: positions in the ILSVRC 2012 class list."""
N_CLASSES: Final = 1000
NEVER: Final = -1e4


class ImageNetMemory(nn.Module):
    """A frozen tail of the encoder that tells how much a picture looks like some ImageNet classes."""

    def __init__(self, encoder: ImageEncoder, labels: tuple[str, ...], first_block: int) -> None:
        super().__init__()
        network = encoder.network
        kept = range(first_block, N_BLOCKS)
        self.blocks = nn.ModuleList(copy.deepcopy(network._blocks[index]) for index in kept)  # noqa: SLF001
        self.head = copy.deepcopy(network._conv_head)  # noqa: SLF001
        self.norm = copy.deepcopy(network._bn1)  # noqa: SLF001
        self.act = copy.deepcopy(network._swish)  # noqa: SLF001
        self.classes = copy.deepcopy(network._fc)  # noqa: SLF001
        chosen = torch.full((len(labels), N_CLASSES), NEVER)
        for row, label in enumerate(labels):
            chosen[row, list(IMAGENET_CLASSES[label])] = 0.0
        self.register_buffer("chosen", chosen)
        self.register_buffer("others", NEVER - chosen)
        for parameter in self.parameters():
            parameter.requires_grad = False

    def forward(self, x: Tensor) -> Tensor:
        """Log-odds of each label's classes.

        Args:
            x: the map that enters the first of the kept blocks.

        Returns:
            *Shape:* `(n, n_labels)`.

        """
        for block in self.blocks:
            x = block(x)
        x = self.act(self.norm(self.head(x))).mean(dim=(2, 3))
        logits = self.classes(x).unsqueeze(1)
        odds: Tensor = torch.logsumexp(logits + self.chosen, dim=2) - torch.logsumexp(logits + self.others, dim=2)
        return odds

    def train(self, mode: bool = True) -> "ImageNetMemory":  # noqa: ARG002, FBT001, FBT002 - torch's signature
        """Nothing here ever trains."""
        return super().train(mode=False)
