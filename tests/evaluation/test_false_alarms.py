import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import OperatingPoint
from models.evaluation.false_alarms import MAX_FALSE_ALARMS, flagged_across_worlds, lifted

POINTS = {OperatingPoint.RECALL: 0.1, OperatingPoint.BALANCED: 0.4, OperatingPoint.PRECISION: 0.7}
PROBS = st.lists(st.floats(0.0, 0.99), min_size=1, max_size=500).map(np.array)


def test_points_that_nothing_ordinary_reaches_stay() -> None:
    assert lifted(POINTS, np.full(100, 0.05)) == POINTS


@pytest.mark.parametrize("point", OperatingPoint)
@given(probs=PROBS)
def test_no_more_ordinary_posts_reach_a_point_than_allowed(point: OperatingPoint, probs: np.ndarray) -> None:
    threshold = lifted(POINTS, probs)[point]
    assert (probs >= threshold).sum() <= MAX_FALSE_ALARMS[point] * len(probs)


@given(probs=PROBS)
def test_points_rise_and_are_never_lowered(probs: np.ndarray) -> None:
    found = lifted(POINTS, probs)
    assert found[OperatingPoint.RECALL] <= found[OperatingPoint.BALANCED] <= found[OperatingPoint.PRECISION]
    assert all(found[point] >= POINTS[point] for point in POINTS)


def test_a_world_does_not_lift_the_point_it_is_held_against() -> None:
    probs, world = np.array([0.0] * 50 + [0.9] * 50), np.array([0] * 50 + [1] * 50)
    flagged = flagged_across_worlds(POINTS, probs, world)[OperatingPoint.PRECISION]
    assert flagged[world == 1].all()


@given(probs=PROBS)
def test_with_worlds_alike_hardly_more_is_flagged_than_allowed(probs: np.ndarray) -> None:
    twice, world = np.concatenate([probs, probs]), np.repeat([0, 1], len(probs))
    for point, rows in flagged_across_worlds(POINTS, twice, world).items():
        assert rows.sum() <= MAX_FALSE_ALARMS[point] * len(twice)
