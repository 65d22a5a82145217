import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Box, RegionKind
from models.evaluation.pictures.places import choose_place_threshold, measure_places

LEFT = Box(x0=0.0, y0=0.0, x1=0.5, y1=1.0)


def left_map(n: int = 1) -> np.ndarray:
    probs = np.full((n, 28, 28), 0.01)
    probs[:, :, :14] = 0.9
    return probs


def test_a_box_inside_the_map_is_covered() -> None:
    found = measure_places(left_map(), [[LEFT]], RegionKind.WEAPONS, 0.5)
    assert (found.covered, found.n_boxes) == (1.0, 1)
    assert 0.5 <= found.blurred < 0.55


def test_a_box_outside_the_map_is_not() -> None:
    right = Box(x0=0.6, y0=0.0, x1=1.0, y1=1.0)
    assert measure_places(left_map(), [[right]], RegionKind.WEAPONS, 0.5).covered == 0.0


def test_pictures_without_boxes_do_not_count() -> None:
    found = measure_places(left_map(2), [[LEFT], []], RegionKind.WEAPONS, 0.5)
    assert found.n_boxes == 1


@given(st.floats(0.05, 0.7), st.integers(0, 1000))
def test_a_lower_threshold_never_covers_less(threshold: float, seed: int) -> None:
    probs = np.random.default_rng(seed).random((1, 28, 28))
    low = measure_places(probs, [[LEFT]], RegionKind.WEAPONS, threshold)
    high = measure_places(probs, [[LEFT]], RegionKind.WEAPONS, threshold + 0.2)
    assert low.area_covered >= high.area_covered


def test_the_highest_threshold_that_covers_enough_is_chosen() -> None:
    assert choose_place_threshold(left_map(), [[LEFT]], RegionKind.WEAPONS, 0.9).threshold == 0.9
