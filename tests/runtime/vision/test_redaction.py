import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from models.contracts.evidence import Box
from models.runtime.vision.redaction import blur_all, blur_boxes, encode_jpeg

FRAMES = hnp.arrays(np.uint8, st.tuples(st.integers(1, 50), st.integers(1, 50), st.just(3)))
FRACTIONS = st.floats(0, 1)
MIDDLE = Box(x0=0.25, y0=0.25, x1=0.75, y1=0.75)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x0, x1 = sorted(draw(st.tuples(FRACTIONS, FRACTIONS).filter(lambda pair: pair[0] != pair[1])))
    y0, y1 = sorted(draw(st.tuples(FRACTIONS, FRACTIONS).filter(lambda pair: pair[0] != pair[1])))
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def noise(height: int = 128, width: int = 128, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


@settings(deadline=None)
@given(FRAMES, st.lists(boxes(), max_size=3))
def test_pixels_outside_the_boxes_stay_as_they_are(frame: np.ndarray, places: list[Box]) -> None:
    height, width = frame.shape[:2]
    outside = np.ones((height, width), bool)
    for box in places:
        rows = (np.arange(height) < np.ceil(box.y1 * height)) & (np.arange(height) + 1 > np.floor(box.y0 * height))
        columns = (np.arange(width) < np.ceil(box.x1 * width)) & (np.arange(width) + 1 > np.floor(box.x0 * width))
        outside &= ~np.outer(rows, columns)
    blurred = blur_boxes(frame, places)
    assert (blurred[outside] == frame[outside]).all()


@settings(deadline=None)
@given(FRAMES, boxes())
def test_the_picture_given_is_not_changed(frame: np.ndarray, box: Box) -> None:
    before = frame.copy()
    blur_boxes(frame, [box])
    assert (frame == before).all()


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=25)
def test_nothing_but_the_means_of_the_blocks_survives(seed: int) -> None:
    frame = noise(seed=seed)
    shuffled = frame.reshape(8, 16, 8, 16, 3).swapaxes(1, 2).reshape(8, 8, 256, 3)
    shuffled = np.random.default_rng(seed).permuted(shuffled, axis=2)
    shuffled = shuffled.reshape(8, 8, 16, 16, 3).swapaxes(1, 2).reshape(128, 128, 3)
    assert not (frame == shuffled).all()
    assert (blur_all(frame) == blur_all(shuffled)).all()


def test_a_line_of_letters_leaves_no_more_than_eight_levels_along_it() -> None:
    frame = np.zeros((16, 160, 3), np.uint8)
    frame[:, ::2] = 255
    assert np.ptp(blur_all(frame).astype(int)) <= 1


@pytest.mark.parametrize("side", [2, 5, 8, 12])
def test_a_tiny_part_is_averaged_too(side: int) -> None:
    frame = np.zeros((side, side, 3), np.uint8)
    frame[side // 2, side // 2] = 255
    assert blur_all(frame).max() <= 64


def test_no_detail_smaller_than_a_block_survives() -> None:
    blurred = blur_all(noise(256, 256)).astype(float)
    assert np.abs(np.diff(blurred, axis=0)).max() < 8
    assert np.abs(np.diff(blurred, axis=1)).max() < 8


def test_what_is_outside_a_box_does_not_leak_into_it() -> None:
    one, other = noise(), noise(seed=1)
    other[32:96, 32:96] = one[32:96, 32:96]
    assert (blur_boxes(one, [MIDDLE])[32:96, 32:96] == blur_boxes(other, [MIDDLE])[32:96, 32:96]).all()


def test_colours_of_large_areas_stay_recognisable() -> None:
    frame = np.zeros((128, 128, 3), np.uint8)
    frame[:, :64] = (200, 10, 10)
    blurred = blur_all(frame)
    assert np.abs(blurred[64, 10].astype(int) - (200, 10, 10)).max() < 12


def test_an_encoded_picture_has_its_size_and_no_metadata() -> None:
    with Image.open(io.BytesIO(encode_jpeg(noise(40, 60)))) as picture:
        assert picture.format == "JPEG"
        assert picture.size == (60, 40)
        assert len(picture.getexif()) == 0
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(picture.info)


def test_an_encoded_picture_looks_the_same() -> None:
    frame = blur_all(noise())
    with Image.open(io.BytesIO(encode_jpeg(frame))) as picture:
        assert np.abs(np.asarray(picture).astype(int) - frame).mean() < 4
