import numpy as np
import pytest
import torch

from models.training.vision.config import VisionConfig
from models.training.vision.copies import disfigure, draw_two, pool_views, train_copies
from models.training.vision.material import VisionMaterial
from models.training.vision.model import VisionModel


@pytest.fixture(autouse=True)
def _small_views(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.vision.copies.SIDE", 64)
    torch.manual_seed(0)


def silent(stage: str, done: int, total: int) -> None: ...


def varied(n: int) -> VisionMaterial:
    rng = np.random.default_rng(4)
    coarse = rng.integers(0, 256, (n, 3, 4, 4), dtype=np.uint8)
    return VisionMaterial(
        coarse.repeat(16, axis=2).repeat(16, axis=3),
        np.zeros((n, 3), dtype=np.int8),
        [[] for _ in range(n)],
        np.ones((n, 2), dtype=bool),
        np.full(n, "one"),
        np.arange(n).astype(str),
    )


def test_learning_brings_views_of_one_picture_nearer_than_strangers(
    tiny_config: VisionConfig, tiny_model: VisionModel
) -> None:
    material = varied(32)
    longer = tiny_config.model_copy(update={"copies": tiny_config.copies.model_copy(update={"steps": 60})})
    train_copies(tiny_model, material, longer, silent)
    pooled = pool_views(tiny_model, material, tiny_config, silent)
    with torch.inference_mode():
        first, second = (tiny_model.embed.project(torch.from_numpy(pooled[view].astype(np.float32))) for view in (0, 1))
    same = (first * second).sum(dim=1).mean()
    assert same > (first * second.roll(1, dims=0)).sum(dim=1).mean() + 0.2


def test_the_first_view_is_the_picture_itself(tiny_config: VisionConfig, tiny_model: VisionModel) -> None:
    material = varied(3)
    one, other = (pool_views(tiny_model, material, tiny_config, silent)[0] for _ in range(2))
    assert np.array_equal(one, other)


def test_two_different_views_are_drawn() -> None:
    pooled = np.arange(3, dtype=np.float16)[:, None, None].repeat(5, axis=1)
    first, second = draw_two(pooled, np.arange(5), np.random.default_rng(0))
    assert bool((first != second).all())


def test_disfigured_pictures_keep_shape_and_range() -> None:
    out = disfigure(varied(8).pixels(np.arange(8)), np.random.default_rng(0))
    assert out.shape == (8, 3, 64, 64)
    assert 0 <= float(out.min()) <= float(out.max()) <= 255
