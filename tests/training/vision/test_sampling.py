import numpy as np

from models.training.vision.config import VisionOptimiser, VisionSampling
from models.training.vision.sampling import plan_rows

SOURCES = np.array(["large"] * 90 + ["small"] * 10)
OPTIMISER = VisionOptimiser(epochs=2, batch=10)


def test_a_small_source_is_drawn_more_often_than_its_share() -> None:
    rows = np.concatenate(plan_rows(SOURCES, VisionSampling(pictures_an_epoch=400), OPTIMISER, 1))
    assert 0.15 < (SOURCES[rows] == "small").mean() < 0.4


def test_no_row_comes_twice_before_all_came_once() -> None:
    rows = np.concatenate(plan_rows(SOURCES, VisionSampling(pictures_an_epoch=400), OPTIMISER, 1))
    large = rows[SOURCES[rows] == "large"][:90]
    assert len(set(large.tolist())) == 90


def test_the_same_seed_gives_the_same_plan() -> None:
    one, other = (plan_rows(SOURCES, VisionSampling(pictures_an_epoch=40), OPTIMISER, 5) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_boost_multiplies_the_share() -> None:
    boosted = VisionSampling(pictures_an_epoch=400, boosts={"small": 9.0})
    rows = np.concatenate(plan_rows(SOURCES, boosted, OPTIMISER, 1))
    assert (SOURCES[rows] == "small").mean() > 0.6
