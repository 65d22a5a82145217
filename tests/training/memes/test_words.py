from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from models.runtime.vision.reading import ReadText
from models.training.memes.words import Frame, load_words, open_frame, read_words


class Counting:
    """Reads the mean brightness as text, and counts how often."""

    def __init__(self) -> None:
        self.n_read = 0

    def read(self, frames: Sequence[Frame]) -> list[ReadText]:
        self.n_read += len(frames)
        return [ReadText(f"grey {round(float(frame.mean()))}", ()) for frame in frames]


def silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


def write_pictures(folder: Path, n: int) -> list[Path]:
    paths = [folder / f"{index}.png" for index in range(n)]
    for index, path in enumerate(paths):
        Image.fromarray(np.full((9, 9, 3), 20 * index, dtype=np.uint8)).save(path)
    return paths


def test_every_picture_gets_its_words(tmp_path: Path) -> None:
    paths = write_pictures(tmp_path, 3)
    words = read_words(paths, tmp_path / "words.jsonl", Counting, silent)
    assert [words[path] for path in paths] == ["grey 0", "grey 20", "grey 40"]


def test_nothing_is_read_twice(tmp_path: Path) -> None:
    paths, reader = write_pictures(tmp_path, 3), Counting()
    read_words(paths[:2], tmp_path / "words.jsonl", lambda: reader, silent)
    read_words(paths, tmp_path / "words.jsonl", lambda: reader, silent)
    assert reader.n_read == 3


def test_no_reader_is_opened_when_everything_is_known(tmp_path: Path) -> None:
    paths = write_pictures(tmp_path, 1)
    read_words(paths, tmp_path / "words.jsonl", Counting, silent)

    def refuse() -> Counting:
        raise AssertionError("opened")

    assert len(read_words(paths, tmp_path / "words.jsonl", refuse, silent)) == 1


def test_a_run_goes_on_after_a_torn_line(tmp_path: Path) -> None:
    paths, cache = write_pictures(tmp_path, 3), tmp_path / "words.jsonl"
    before = read_words(paths, cache, Counting, silent)
    cache.write_text(cache.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    reader = Counting()
    assert read_words(paths, cache, lambda: reader, silent) == before
    assert (reader.n_read, len(load_words(cache))) == (1, 3)


def test_a_picture_is_opened_upright_as_serving_opens_it(tmp_path: Path) -> None:
    image = Image.fromarray(np.zeros((10, 20, 3), dtype=np.uint8))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert open_frame(tmp_path / "turned.jpg").shape == (20, 10, 3)
