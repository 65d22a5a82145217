import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import OperatingPoint
from models.evaluation.false_alarms import MAX_FALSE_ALARMS, lifted

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
