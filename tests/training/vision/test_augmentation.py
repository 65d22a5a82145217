import numpy as np
import torch

from models.training.vision.augmentation import augment, degrade, warp
from models.training.vision.config import AugmentationConfig
from models.training.vision.material import VisionMaterial

STILL = AugmentationConfig(
    turn_degrees=0, quarter_turns=0, mirror=0, upside_down=0, min_scale=1, max_scale=1, aspect=0, shift=0,
    saturation=0, contrast=0, brightness=0, tint=0, greyscale=0, noise=0, degrade=0,
)  # fmt: skip
ROWS = np.arange(6)


def test_nothing_happens_at_strength_zero(squares: VisionMaterial) -> None:
    views = augment(squares.pixels(ROWS), squares.masks(ROWS), STILL, 64, np.random.default_rng(0))
    assert torch.allclose(views.pixels, squares.pixels(ROWS).float(), atol=0.5)
    assert views.visible.min() > 0.9


def test_the_same_seed_gives_the_same_views(squares: VisionMaterial) -> None:
    one, other = (
        augment(squares.pixels(ROWS), squares.masks(ROWS), AugmentationConfig(), 64, np.random.default_rng(3))
        for _ in range(2)
    )
    assert torch.equal(one.pixels, other.pixels)


def test_views_stay_in_the_range_of_pixels(squares: VisionMaterial) -> None:
    views = augment(squares.pixels(ROWS), squares.masks(ROWS), AugmentationConfig(), 64, np.random.default_rng(1))
    assert 0 <= float(views.pixels.min()) <= float(views.pixels.max()) <= 255


def test_a_box_goes_where_its_picture_goes() -> None:
    """Move everything a quarter to the left: the right half's box is in the middle."""
    pixels, masks = torch.zeros(1, 3, 64, 64), torch.zeros(1, 1, 8, 8)
    pixels[:, :, :, 32:48], masks[:, :, :, 4:6] = 255.0, 1.0
    maps = np.array([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])
    seen, inside = warp(pixels, masks, maps, 64, "zeros")
    assert seen[0, 0, 32].argmax() == 16
    assert inside[0, 0, 4].argmax() == 2


def test_a_crop_without_the_box_says_how_little_is_left() -> None:
    pixels, masks = torch.zeros(1, 3, 64, 64, dtype=torch.uint8), torch.zeros(1, 1, 8, 8)
    masks[:, :, :1, :1] = 1.0
    close = STILL.model_copy(update={"min_scale": 0.3, "max_scale": 0.3})
    seen = [augment(pixels, masks, close, 64, np.random.default_rng(seed)).visible.item() for seed in range(20)]
    assert min(seen) == 0.0


def test_degrading_keeps_the_shape_and_the_range() -> None:
    for seed in range(10):
        out = degrade(torch.full((3, 32, 32), 200.0), np.random.default_rng(seed))
        assert out.shape == (3, 32, 32)
        assert 150 < float(out.mean()) < 250
