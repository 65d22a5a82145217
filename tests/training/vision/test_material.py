import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.training.vision.material import Box, VisionMaterial, box_mask

EDGES = st.tuples(st.floats(0, 1), st.floats(0, 1)).filter(lambda pair: pair[0] < pair[1])


@given(EDGES, EDGES)
def test_a_mask_holds_as_much_as_the_box(across: tuple[float, float], down: tuple[float, float]) -> None:
    mask = box_mask([Box(0, across[0], down[0], across[1], down[1])], 1, side=10)
    assert np.isclose(mask.mean(), (across[1] - across[0]) * (down[1] - down[0]), atol=1e-4)


def test_boxes_that_overlap_are_not_counted_twice() -> None:
    box = Box(0, 0.0, 0.0, 0.5, 1.0)
    assert np.array_equal(box_mask([box, box], 1), box_mask([box], 1))


def test_taking_rows_takes_their_boxes(squares: VisionMaterial) -> None:
    taken = squares.take(np.array([1, 0]))
    assert [len(boxes) for boxes in taken.boxes] == [0, 1]
    assert np.array_equal(taken.canvases[1], squares.canvases[0])
