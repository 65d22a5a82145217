"""The order in which lines are read."""

from hypothesis import given
from hypothesis import strategies as st

from models.contracts.evidence import Box
from models.runtime.vision.reading_order import reading_order

coordinates = st.floats(0.0, 0.9)
boxes = st.builds(
    lambda x, y, w, h: Box(x0=x, y0=y, x1=min(1.0, x + w), y1=min(1.0, y + h)),
    coordinates,
    coordinates,
    st.floats(0.01, 0.5),
    st.floats(0.01, 0.1),
)


def test_lines_are_read_from_top_to_bottom() -> None:
    lower, upper = Box(x0=0.1, y0=0.6, x1=0.9, y1=0.7), Box(x0=0.1, y0=0.1, x1=0.9, y1=0.2)
    assert reading_order([lower, upper]) == [1, 0]


def test_a_row_is_read_from_left_to_right_even_when_its_right_end_is_higher() -> None:
    right, left = Box(x0=0.5, y0=0.10, x1=0.9, y1=0.20), Box(x0=0.1, y0=0.12, x1=0.4, y1=0.22)
    assert reading_order([right, left]) == [1, 0]


@given(st.lists(boxes, max_size=12))
def test_every_line_is_read_once(found: list[Box]) -> None:
    assert sorted(reading_order(found)) == list(range(len(found)))


@given(st.lists(boxes, min_size=1, max_size=12))
def test_reading_begins_in_the_row_of_the_highest_line(found: list[Box]) -> None:
    first, highest = found[reading_order(found)[0]], min(found, key=lambda box: (box.y0, box.x0))
    assert first.y0 <= highest.y1
