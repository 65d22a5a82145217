"""Augmentation: what must not matter for a score is varied until it does not.

The sources have looks of their own (flips and quarter-turns baked in, heavy filters, one size, one encoder), and a
model would rather learn a look than a weapon. So every picture is turned, mirrored, cropped, bordered, tinted, greyed,
blurred, made noisy and compressed; and cut-outs of objects are laid on unrelated pictures, beside cut-outs of harmless
things, so that neither the scenery nor the edge of a cut-out says anything.

Source: Ghiasi et al. (2021), "Simple copy-paste is a strong data augmentation method", for the cut-outs.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.training.vision.chance import happen, happens
from models.training.vision.config import AugmentationConfig

GREY: Final = (0.299, 0.587, 0.114)
MIN_VISIBLE: Final = 0.35
"""Share of the boxes that a crop must keep for the picture to keep its positive label."""


@dataclass(frozen=True)
class Views:
    """Augmented pictures.

    Attributes:
        pixels: 0 to 255. *Shape:* `(n, 3, s, s)`.
        masks: share of each cell that is inside a box. *Shape:* `(n, K, s/8, s/8)`.
        visible: how much of the boxes is still in the picture, 1 where there were none. *Shape:* `(n, K)`.

    """

    pixels: Tensor
    masks: Tensor
    visible: Tensor


def augment(pixels: Tensor, masks: Tensor, config: AugmentationConfig, side: int, rng: np.random.Generator) -> Views:
    """Random views of a batch, the same way for a picture and its boxes.

    Args:
        pixels: uint8. *Shape:* `(n, 3, c, c)`.
        masks: 1 inside a box. *Shape:* `(n, K, m, m)`.
        config: how strong.
        side: of the views, in pixels.
        rng: draws everything.

    """
    grids = random_maps(len(pixels), config, rng)
    seen, inside = warp(pixels.float(), masks, grids, side, "reflection" if happens(rng, config.reflect) else "zeros")
    before = masks.mean(dim=(2, 3))
    area = torch.from_numpy(np.abs(np.linalg.det(grids[:, :, :2]))).to(before.dtype).unsqueeze(1)
    after = inside.mean(dim=(2, 3)) * area
    visible = torch.where(before > 0, (after / before.clamp_min(1e-6)).clamp(0.0, 1.0), torch.ones_like(before))
    return Views(recolour(seen, config, rng), inside, visible)


def random_maps(n: int, config: AugmentationConfig, rng: np.random.Generator) -> NDArray[np.float64]:
    """Affine maps from the view's coordinates (-1 to 1) to the picture's. *Shape:* `(n, 2, 3)`."""
    angles = rng.uniform(-config.turn_degrees, config.turn_degrees, n) * math.pi / 180
    angles += happen(rng, config.quarter_turns, n) * rng.integers(1, 4, n) * math.pi / 2
    scales = np.exp(rng.uniform(math.log(config.min_scale), math.log(config.max_scale), n))
    aspects = np.exp(rng.uniform(-config.aspect, config.aspect, n) / 2)
    maps = np.zeros((n, 2, 3))
    maps[:, 0, 0], maps[:, 0, 1] = np.cos(angles) * scales * aspects, -np.sin(angles) * scales / aspects
    maps[:, 1, 0], maps[:, 1, 1] = np.sin(angles) * scales * aspects, np.cos(angles) * scales / aspects
    maps[:, :, 0] *= np.where(happen(rng, config.mirror, n), -1.0, 1.0)[:, None]
    maps[:, :, 1] *= np.where(happen(rng, config.upside_down, n), -1.0, 1.0)[:, None]
    room = np.abs(1.0 - scales) + config.shift
    maps[:, :, 2] = rng.uniform(-1.0, 1.0, (n, 2)) * room[:, None]
    return maps


def warp(pixels: Tensor, masks: Tensor, maps: NDArray[np.float64], side: int, padding: str) -> tuple[Tensor, Tensor]:
    """Pictures and masks through affine maps; masks at an eighth of the side, empty outside."""
    theta = torch.from_numpy(maps.astype(np.float32))
    n, n_kinds = masks.shape[:2]
    grid = functional.affine_grid(theta, [n, 3, side, side], align_corners=False)
    seen = functional.grid_sample(pixels, grid, mode="bilinear", padding_mode=padding, align_corners=False)
    cells = functional.affine_grid(theta, [n, n_kinds, side // 8, side // 8], align_corners=False)
    return seen, functional.grid_sample(masks, cells, mode="bilinear", padding_mode="zeros", align_corners=False)


def recolour(pixels: Tensor, config: AugmentationConfig, rng: np.random.Generator) -> Tensor:
    """Light, tint, greyness, blur, noise and compression. Values stay in 0 to 255."""
    n = len(pixels)

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (n, *shape)).astype(np.float32))

    grey = (pixels * torch.tensor(GREY).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    mean = grey.mean(dim=(2, 3), keepdim=True)
    colour = draw(1 - config.saturation, 1 + config.saturation, 1, 1, 1)
    colour[torch.from_numpy(happen(rng, config.greyscale, n))] = 0.0
    x = grey + (pixels - grey) * colour
    x = mean + (x - mean) * draw(1 - config.contrast, 1 + config.contrast, 1, 1, 1)
    x = x * draw(1 - config.brightness, 1 + config.brightness, 1, 1, 1)
    x = x * draw(1 - config.tint, 1 + config.tint, 3, 1, 1)
    x = x + torch.randn(x.shape, generator=_generator(rng)) * draw(0, config.noise, 1, 1, 1)
    x = x.clamp(0, 255)
    for index in np.flatnonzero(happen(rng, config.degrade, n)):
        x[index] = degrade(x[index], rng)
    return x


def degrade(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Shrink and enlarge again, blur, or compress one picture, as its way over the web would. `(3, s, s)`, kept."""
    image = np.ascontiguousarray(picture.permute(1, 2, 0).numpy().astype(np.uint8))
    side = image.shape[0]
    if happens(rng, 0.5):
        small = int(side * rng.uniform(0.3, 0.9))
        image = cv2.resize(cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA), (side, side))
    if happens(rng, 0.2):
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.6)))
    if happens(rng, 0.7):
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)


def _generator(rng: np.random.Generator) -> torch.Generator:
    generator = torch.Generator()
    generator.manual_seed(int(rng.integers(2**62)))
    return generator
