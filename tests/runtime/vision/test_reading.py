"""Reading words in pictures, with the real models of the wheel on rendered cards."""

import json
import os
import random
import re
import socket
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.contracts.evidence import Box
from models.runtime.vision.reading import ReadingLimits, TextReader, box_of, open_reader
from models.runtime.vision.reading_detection import Frame
from models.runtime.vision.reading_errors import ReadingError
from models.runtime.vision.reading_models import DETECTION_FILE, ReadingModelsError, wheel_models
from tests.runtime.vision.cards import card

MIRROR = Path(os.environ.get("WEIR_DATA_MIRROR", "/nonexistent"))
MEMES = next((path for path in (MIRROR / "image", MIRROR.parent / "image") if (path / "memes.jsonl").is_file()), None)


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return open_reader()


def test_a_card_is_read_line_by_line_in_reading_order(reader: TextReader) -> None:
    read = reader.read([card(["GOOD MORNING", "every one of you", "see you at 10"])])[0]
    assert read.text == "GOOD MORNING\nevery one of you\nsee you at 10"


def test_the_regions_are_the_lines_of_the_text(reader: TextReader) -> None:
    read = reader.read([card(["first line", "second line"])])[0]
    assert "\n".join(region.text for region in read.regions) == read.text


def test_a_region_lies_where_the_line_was_drawn(reader: TextReader) -> None:
    box = reader.read([card(["hello there"])])[0].regions[0].box
    assert 0.0 <= box.x0 < 16 / 320 + 0.03
    assert 0.0 < box.y0 < 20 / 160
    assert box.y1 < 50 / 160


def test_a_picture_without_words_has_no_text(reader: TextReader) -> None:
    read = reader.read([np.full((200, 300, 3), 90, dtype=np.uint8)])[0]
    assert (read.text, read.regions) == ("", ())


def test_no_pictures_give_no_texts(reader: TextReader) -> None:
    assert reader.read([]) == []


def test_a_picture_reads_the_same_alone_and_among_others(reader: TextReader) -> None:
    cards = [card(["the same words"]), card(["a much longer neighbour line"], 420), card(["short"], 120)]
    alone = [reader.read([one])[0] for one in cards]
    together = reader.read(cards)
    assert [one.text for one in together] == [one.text for one in alone]
    assert [one.regions[0].confidence for one in together] == pytest.approx(
        [one.regions[0].confidence for one in alone], abs=1e-4
    )


def test_a_picture_smaller_than_the_models_like_is_enlarged(reader: TextReader) -> None:
    assert reader.read([card(["tiny words"], 120, 30, 13)])[0].text == "tiny words"


def test_a_strip_of_one_line_is_read(reader: TextReader) -> None:
    assert reader.read([card(["a caption in a long thin strip"], 560, 36, 24)])[0].text == (
        "a caption in a long thin strip"
    )


def test_a_single_pixel_is_a_picture_without_words(reader: TextReader) -> None:
    assert reader.read([np.zeros((1, 1, 3), dtype=np.uint8)])[0].text == ""


@pytest.mark.parametrize("shape", [(1, 4000, 3), (4000, 1, 3), (1500, 1200, 3)])
def test_a_picture_of_any_shape_is_read(reader: TextReader, shape: tuple[int, ...]) -> None:
    assert reader.read([np.full(shape, 200, dtype=np.uint8)])[0].text == ""


def test_noise_gives_no_more_lines_than_the_limit() -> None:
    noisy = card([f"{row} words in a row" for row in range(6)], 320, 300)
    read = open_reader(limits=ReadingLimits(max_lines=2)).read([noisy])[0]
    assert len(read.regions) == 2


def test_lines_below_the_confidence_limit_are_dropped() -> None:
    assert open_reader(limits=ReadingLimits(min_confidence=1.0)).read([card(["hello there"])])[0].regions == ()


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((4, 4), dtype=np.uint8),
        np.zeros((4, 4, 4), dtype=np.uint8),
        np.zeros((4, 4, 3), dtype=np.float32),
        np.zeros((0, 4, 3), dtype=np.uint8),
    ],
)
def test_what_is_no_frame_is_a_typed_error(reader: TextReader, frame: Frame) -> None:
    with pytest.raises(ReadingError, match=r"uint8 \(h, w, 3\)"):
        reader.read([frame])


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadingModelsError, match=DETECTION_FILE):
        open_reader(folder=tmp_path)


def test_a_file_that_is_no_model_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / DETECTION_FILE).write_bytes(b"not a model")
    with pytest.raises(ReadingModelsError, match="onnxruntime cannot open it"):
        open_reader(folder=tmp_path)


def test_reading_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert open_reader().read([card(["no network"])])[0].text == "no network"


def test_reading_writes_nothing_beside_the_models(reader: TextReader) -> None:
    before = sorted(wheel_models().iterdir())
    reader.read([card(["some words"])])
    assert sorted(wheel_models().iterdir()) == before


def test_a_box_is_clipped_to_the_picture() -> None:
    corners = np.array([[-5, -5], [50, -5], [50, 300], [-5, 300]], dtype=np.float32)
    assert box_of(corners, np.zeros((200, 100, 3), dtype=np.uint8)) == Box(x0=0.0, y0=0.0, x1=0.5, y1=1.0)


@pytest.mark.mirror
@pytest.mark.slow
@pytest.mark.skipif(MEMES is None, reason="WEIR_DATA_MIRROR is not set, or no pictures are beside it")
def test_most_words_of_transcribed_memes_are_read(reader: TextReader) -> None:
    folder = MEMES or MIRROR
    rows = [json.loads(line) for line in (folder / "memes.jsonl").read_text(encoding="utf-8").splitlines()]
    chosen = random.Random(1).sample([row for row in rows if row["source"] == "propaganda"], 12)
    n_words = n_read = 0
    for row in chosen:
        with Image.open(folder / row["file"]) as picture:
            read = reader.read([np.asarray(picture.convert("RGB"))])[0]
        written, found = (Counter(re.findall(r"\w+", text.lower())) for text in (row["text"], read.text))
        n_words, n_read = n_words + written.total(), n_read + (written & found).total()
    assert n_read / n_words > 0.8
