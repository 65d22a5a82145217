"""Mirror: a folder with the pictures, `labels.csv` and `memes.jsonl`, read into one list of entries."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.data.errors import DataError, MissingFileError
from models.data.images.pictures import PictureBox, Rect
from models.data.tables import read_lines, read_table

LABELS_FILE: Final = "labels.csv"
MEMES_FILE: Final = "memes.jsonl"
IMAGE_FOLDER: Final = "image"
"""Where a mirror that also holds other modalities keeps its pictures."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture as the mirror's tables give it; `original` is its path in its set, `words` a meme's transcription."""

    path: str
    source: str
    label: str
    licence: str
    original: str
    boxes: tuple[PictureBox, ...] = ()
    words: str = ""


def image_root(mirror: Path) -> Path:
    """The folder of the pictures: the one given, its `image` folder, or that beside it (where texts were meant).

    Raises:
        DataError: neither holds a table of labels.

    """
    for folder in (mirror / IMAGE_FOLDER, mirror, mirror.parent / IMAGE_FOLDER):
        if (folder / LABELS_FILE).is_file():
            return folder
    raise DataError(f"no {LABELS_FILE} in {mirror} or {mirror / IMAGE_FOLDER}; give the mirror of the picture sets")


def read_entries(root: Path) -> list[Entry]:
    """Every picture that the tables name, in order of path.

    Raises:
        MissingFileError: a table is missing.

    """
    entries = [*_labelled(_read(root / LABELS_FILE)), *_memes(_read(root / MEMES_FILE))]
    return sorted(entries, key=lambda entry: entry.path)


def _read(path: Path) -> str:
    if not path.is_file():
        raise MissingFileError(f"{path.name} is not in the mirror {path.parent}")
    return path.read_text(encoding="utf-8")


def _labelled(text: str) -> list[Entry]:
    return [
        Entry(row["file"], row["source"], row["label"], row["licence"], row["original"], _boxes(row["boxes"]))
        for row in read_table(text)
    ]


def _memes(text: str) -> list[Entry]:
    rows = [json.loads(line) for line in read_lines(text)]
    return [
        Entry(row["file"], row["source"], "meme", "none (research data)", row["file"], words=row["text"])
        for row in rows
    ]


def _boxes(cell: str) -> tuple[PictureBox, ...]:
    """Boxes from `[class, cx, cy, w, h]`."""
    return tuple(PictureBox(name, _corners(*numbers)) for name, *numbers in json.loads(cell or "[]"))


def _corners(cx: float, cy: float, width: float, height: float) -> Rect:
    return (_unit(cx - width / 2), _unit(cy - height / 2), _unit(cx + width / 2), _unit(cy + height / 2))


def _unit(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)
