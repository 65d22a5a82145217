import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.runtime.vision.preparation import brightness, square_pixels

FRAMES = hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))


@settings(deadline=None)
@given(FRAMES, st.integers(1, 64))
def test_a_square_has_the_side_asked_for_and_no_new_extremes(frame: np.ndarray, side: int) -> None:
    square = square_pixels(frame, side)
    assert square.shape == (side, side, 3)
    assert frame.min() <= square.min() <= square.max() <= frame.max()


@settings(deadline=None)
@given(FRAMES)
def test_a_square_does_not_depend_on_how_the_frame_lies_in_memory(frame: np.ndarray) -> None:
    turned = np.asfortranarray(frame)
    assert (square_pixels(frame, 16) == square_pixels(turned, 16)).all()


def test_a_fine_pattern_is_averaged() -> None:
    board = np.indices((448, 448)).sum(axis=0) % 2 * 255
    frame = np.repeat(board[:, :, None], 3, axis=2).astype(np.uint8)
    assert np.abs(square_pixels(frame)[5:-5, 5:-5].astype(int) - 127).max() <= 2


def test_the_whole_picture_is_seen_whatever_its_ratio() -> None:
    frame = np.zeros((10, 400, 3), np.uint8)
    frame[:, 200:] = 255
    square = square_pixels(frame, 32)
    assert square[:, :15].max() == 0
    assert square[:, 17:].min() == 255


@pytest.mark.parametrize(("level", "expected"), [(0, 0.0), (51, 0.2), (255, 1.0)])
def test_brightness_goes_from_black_to_white(level: int, expected: float) -> None:
    assert brightness(np.full((9, 7, 3), level, np.uint8)) == pytest.approx(expected)


@settings(deadline=None)
@given(FRAMES)
def test_brightness_is_a_share(frame: np.ndarray) -> None:
    assert 0.0 <= brightness(frame) <= 1.0


def test_green_is_brighter_than_blue() -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    green, blue = frame.copy(), frame.copy()
    green[..., 1] = 255
    blue[..., 2] = 255
    assert brightness(green) > brightness(blue)
