"""Copies: the embedding that finds a known picture again after somebody cropped, tinted, turned or captioned it.

The encoder is finished and stays as it is. Its pooled levels are computed once for several disfigured views of every
picture; then the small embedding head learns to bring views of one picture together and to spread pictures apart.

Source: Pizzi et al. (2022), "A self-supervised descriptor for image copy detection" (SSCD), for loss and disfigurement.
"""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.training.device import autocast
from models.training.optimiser import BASE_LR, set_lr
from models.training.vision.augmentation import recolour, warp
from models.training.vision.chance import happen, happens
from models.training.vision.config import AugmentationConfig, VisionConfig
from models.training.vision.losses import copies_loss
from models.training.vision.material import VisionMaterial
from models.training.vision.model import SIDE, VisionModel, pooled_levels
from models.training.vision.trainer import cosine_factor

Progress = Callable[[str, int, int], None]
BATCH: Final = 64
LOOK: Final = AugmentationConfig(
    saturation=0.4, contrast=0.3, brightness=0.3, tint=0.1, greyscale=0.1, noise=8.0, degrade=0.7
)
"""How colours and detail of a copy may change."""
MIN_KEPT: Final = 0.7
"""Side of the smallest crop."""
TURN_DEGREES: Final = 8.0


def train_copies(model: VisionModel, material: VisionMaterial, config: VisionConfig, report: Progress) -> None:
    """Fit the embedding head in place.

    Args:
        model: with a trained encoder.
        material: pictures, no two of them near-duplicates.
        config: `copies` decides views, steps and the loss.
        report: told what is done.

    """
    pooled = pool_views(model, material, config, report)
    copies = config.copies
    rng = np.random.default_rng([config.seed, 23])
    optimiser = torch.optim.AdamW(model.embed.parameters(), lr=copies.lr, weight_decay=1e-4)
    optimiser.param_groups[0][BASE_LR] = copies.lr
    for parameter in model.embed.parameters():
        parameter.requires_grad = True
    for step in range(copies.steps):
        set_lr(optimiser, cosine_factor(step, copies.steps, 0.05))
        rows = rng.choice(pooled.shape[1], size=min(copies.batch, pooled.shape[1]), replace=False)
        first, second = draw_two(pooled, rows, rng)
        loss = copies_loss(
            model.embed.project(first), model.embed.project(second), copies.temperature, copies.spread_weight
        )
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        report("learning copies", step + 1, copies.steps)


def draw_two(pooled: NDArray[np.float16], rows: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Two different views of each row. `pooled` is `(views, n, d)`; two tensors `(len(rows), d)`."""
    first = rng.integers(0, len(pooled), len(rows))
    second = (first + rng.integers(1, len(pooled), len(rows))) % len(pooled)
    return tuple(torch.from_numpy(pooled[views, rows].astype(np.float32)) for views in (first, second))  # type: ignore[return-value]


def pool_views(
    model: VisionModel, material: VisionMaterial, config: VisionConfig, report: Progress
) -> NDArray[np.float16]:
    """Pooled levels of every picture as it is and in disfigured views. *Shape:* `(views, n, 1432)`."""
    n, n_views = len(material), config.copies.views
    pooled = np.empty((n_views, n, model.embed.hidden.in_features), dtype=np.float16)
    with torch.inference_mode(), autocast(torch.device("cpu"), config.precision):
        for view in range(n_views):
            for first in range(0, n, BATCH):
                rows = np.arange(first, min(first + BATCH, n))
                rng = np.random.default_rng([config.seed, view, first, 29])
                pixels = plain(material.pixels(rows)) if view == 0 else disfigure(material.pixels(rows), rng)
                pyramid = model.encoder(pixels.contiguous(memory_format=torch.channels_last))
                pooled[view, rows] = pooled_levels(pyramid).float().numpy()
                report("disfiguring pictures", view * n + int(rows[-1]) + 1, n_views * n)
    return pooled


def plain(pixels: Tensor) -> Tensor:
    """Pictures as they are, at the model's size."""
    return functional.interpolate(pixels.float(), (SIDE, SIDE), mode="bilinear", antialias=True)


def disfigure(pixels: Tensor, rng: np.random.Generator) -> Tensor:
    """What happens to pictures on their way: crops, borders, turns, mirrors, colours, compression, captions.

    Args:
        pixels: uint8. *Shape:* `(n, 3, c, c)`.
        rng: draws everything.

    Returns:
        0 to 255. *Shape:* `(n, 3, 224, 224)`.

    """
    n = len(pixels)
    kept = np.where(happen(rng, 0.6, n), rng.uniform(MIN_KEPT, 1.0, n), rng.uniform(1.0, 1.25, n))
    angles = np.where(happen(rng, 0.5, n), rng.uniform(-TURN_DEGREES, TURN_DEGREES, n), 0.0) * np.pi / 180
    stretch = np.exp(rng.uniform(-0.1, 0.1, n))
    maps = np.zeros((n, 2, 3))
    maps[:, 0, 0], maps[:, 0, 1] = np.cos(angles) * kept * stretch, -np.sin(angles) * kept
    maps[:, 1, 0], maps[:, 1, 1] = np.sin(angles) * kept, np.cos(angles) * kept / stretch
    maps[:, :, 0] *= np.where(happen(rng, 0.4, n), -1.0, 1.0)[:, None]
    maps[:, :, 2] = rng.uniform(-1, 1, (n, 2)) * np.abs(1.0 - kept)[:, None]
    padding = "zeros" if happens(rng, 0.5) else "reflection"
    seen, _ = warp(pixels.float(), torch.zeros(n, 1, 1, 1), maps, SIDE, padding)
    seen = recolour(seen, LOOK, rng)
    for index in np.flatnonzero(happen(rng, 0.4, n)):
        seen[index] = caption(seen[index], rng)
    return seen


def caption(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Letters or a watermark over one picture. *Shape:* `(3, s, s)`, kept."""
    image = np.ascontiguousarray(picture.permute(1, 2, 0).numpy().astype(np.uint8))
    over = image.copy()
    letters = "".join(chr(int(code)) for code in rng.integers(65, 91, int(rng.integers(3, 14))))
    colour = [int(value) for value in (rng.integers(0, 256, 3) if happens(rng, 0.5) else np.full(3, 255))]
    place = (int(rng.integers(-10, SIDE // 2)), int(rng.integers(20, SIDE)))
    font, size, width = int(rng.integers(0, 5)), float(rng.uniform(0.5, 1.8)), int(rng.integers(1, 4))
    cv2.putText(over, letters, place, font, size, colour, width)
    share = float(rng.uniform(0.3, 1.0))
    image = cv2.addWeighted(over, share, image, 1.0 - share, 0.0)
    return torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)
