"""Reading lines that are already cut out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.vision.reading_models import RECOGNITION_FILE, characters, open_model, wheel_models
from models.runtime.vision.reading_recognition import (
    LINE_HEIGHT,
    MAX_WIDTH,
    WIDTH_STEP,
    LineRecognizer,
    level_crop,
    padded_width,
)
from tests.runtime.vision.cards import card


@pytest.fixture(scope="module")
def recognizer() -> LineRecognizer:
    session = open_model(wheel_models() / RECOGNITION_FILE, 1)
    return LineRecognizer(session, characters(session))


def test_a_line_is_read(recognizer: LineRecognizer) -> None:
    text, confidence = recognizer.read([card(["plain words"], 260, 64)])[0]
    assert text.strip() == "plain words"
    assert 0.6 < confidence <= 1.0


def test_a_line_of_nothing_is_an_empty_text_without_confidence(recognizer: LineRecognizer) -> None:
    assert recognizer.read([np.full((48, 96, 3), 128, dtype=np.uint8)]) == [("", 0.0)]


def test_lines_keep_their_places_whatever_their_widths(recognizer: LineRecognizer) -> None:
    words = ["one", "a longer line here", "two", "three four five"]
    crops = [card([text], 40 + 17 * len(text), 64) for text in words]
    assert [text.strip() for text, _ in recognizer.read(crops)] == words


def test_the_characters_are_those_of_rapidocr() -> None:
    from rapidocr.ch_ppocr_rec.utils import CTCLabelDecode

    session = open_model(wheel_models() / RECOGNITION_FILE, 1)
    listed = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    assert list(characters(session)[1:]) == CTCLabelDecode(character=listed).character[1:]


@given(height=st.integers(1, 400), width=st.integers(1, 4000))
def test_a_line_runs_at_its_own_width_up_to_one_step(height: int, width: int) -> None:
    padded = padded_width(np.zeros((height, width, 1), dtype=np.uint8))
    own = max(1, round(LINE_HEIGHT * width / height))
    assert padded % WIDTH_STEP == 0
    assert padded == MAX_WIDTH or own <= padded < own + WIDTH_STEP


def test_a_tilted_line_is_cut_out_level() -> None:
    frame = np.zeros((100, 100, 3), dtype=np.uint8)
    corners = np.array([[20, 40], [60, 10], [75, 30], [35, 60]], dtype=np.float32)
    assert level_crop(frame, corners).shape == (25, 50, 3)


def test_a_line_that_runs_upwards_is_laid_down() -> None:
    frame = np.zeros((100, 100, 3), dtype=np.uint8)
    corners = np.array([[10, 10], [20, 10], [20, 70], [10, 70]], dtype=np.float32)
    assert level_crop(frame, corners).shape == (10, 60, 3)
