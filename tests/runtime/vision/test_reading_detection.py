"""Lines on a probability map, compared with rapidocr's own step, and the size at which pictures are looked at."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.runtime.vision.reading_detection import DetectionSize, lines_of


def probability_map(seed: int, n_lines: int) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    probs = np.zeros((256, 320), dtype=np.float32)
    for _ in range(n_lines):
        center = random.uniform((40, 30), (280, 220))
        size = random.uniform((20, 6), (90, 20))
        corners = cv2.boxPoints((center.tolist(), size.tolist(), float(random.uniform(-20, 20))))
        cv2.fillPoly(probs, [corners.astype(np.int32)], float(random.uniform(0.35, 0.95)))
    return probs


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), n_lines=st.integers(0, 6))
def test_lines_are_where_rapidocr_finds_them(seed: int, n_lines: int) -> None:
    from rapidocr.ch_ppocr_det.utils import DBPostProcess

    probs = probability_map(seed, n_lines)
    theirs, _ = DBPostProcess(0.3, 0.5, 1000, 1.6, "fast", use_dilation=True)(probs[np.newaxis, np.newaxis], (256, 320))
    ours = [np.clip(line.corners, 0, (319, 255)) for line in lines_of(probs)]
    assert len(ours) == len(theirs)
    for mine in ours:  # theirs are whole pixels of a polygon that has been rounded twice
        assert min(np.abs(mine - other).max() for other in theirs) <= 3.0


def test_an_empty_map_has_no_lines() -> None:
    assert lines_of(np.zeros((64, 64), dtype=np.float32)) == []


@given(
    min_pixels=st.integers(1, 10**5),
    room=st.integers(0, 10**6),
    max_upscale=st.floats(1.0, 8.0),
    n_pixels=st.integers(1, 10**9),
)
def test_no_picture_is_looked_at_beyond_the_limit(
    min_pixels: int, room: int, max_upscale: float, n_pixels: int
) -> None:
    size = DetectionSize(min_pixels, min_pixels + room, max_upscale)
    scale = size.scale(n_pixels)
    assert scale <= max_upscale
    assert n_pixels * scale**2 <= size.max_pixels * (1 + 1e-9)


def test_a_picture_between_the_limits_keeps_its_size() -> None:
    assert DetectionSize(100, 400, 3.0).scale(200) == 1.0
