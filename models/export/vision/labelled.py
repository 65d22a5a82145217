"""Labelled pictures on disk: what a team brings to calibrate a classifier on its own traffic.

Either CSV with a column `file` and a column for each category (1, 0, or empty for unknown), or JSON lines such as
`{"file": "a.jpg", "labels": {"sexual": 1}}`. Files are named relative to the list.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from models.contracts.taxonomy import CATEGORIES, Category
from models.export.errors import ExportError
from models.export.vision.tables import LabelledPictures
from models.runtime.vision.decoding import decode_image
from models.runtime.vision.errors import ImageError
from models.runtime.vision.preparation import square_pixels

UNKNOWN: Final = -1
_VALUES: Final = {"1": 1, "0": 0, "": UNKNOWN}
Row = tuple[str, Mapping[Category, int]]


def read_labelled_pictures(path: Path, categories: Sequence[Category], side: int) -> LabelledPictures:
    """Read a list and the pictures it names.

    Args:
        path: `.csv` or `.jsonl`.
        categories: what may be labelled.
        side: of the squares, in pixels.

    Raises:
        ExportError: the list or a picture cannot be read; the message says which row.

    """
    try:
        lines = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{path}: cannot be read as UTF-8 text") from error
    rows = _json_rows(lines, categories) if path.suffix == ".jsonl" else _csv_rows(lines, categories)
    if not rows:
        raise ExportError(f"{path}: no pictures are listed")
    labels = np.full((len(rows), len(CATEGORIES)), UNKNOWN, dtype=np.int8)
    for position, (_, known) in enumerate(rows):
        for category, value in known.items():
            labels[position, CATEGORIES.index(category)] = value
    pixels = [_pixels(path.parent / name, number, side) for number, (name, _) in enumerate(rows, start=1)]
    return LabelledPictures(np.stack(pixels), labels)


def _csv_rows(lines: str, categories: Sequence[Category]) -> list[Row]:
    reader = csv.DictReader(lines.splitlines())
    names = set(reader.fieldnames or ())
    if "file" not in names or not names.intersection(categories):
        raise ExportError(f"the list needs the column file and some of {', '.join(categories)}")
    rows: list[Row] = []
    for number, row in enumerate(reader, start=1):
        cells = {category: (row[category] or "").strip() for category in categories if category in names}
        if not row["file"] or not set(cells.values()) <= set(_VALUES):
            raise ExportError(f"row {number}: a file name, and labels of 1, 0 or nothing, are expected")
        rows.append((row["file"], {category: _VALUES[cell] for category, cell in cells.items()}))
    return rows


def _json_rows(lines: str, categories: Sequence[Category]) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(filter(str.strip, lines.splitlines()), start=1):
        try:
            one = json.loads(line)
            name, labels = one["file"], one["labels"]
            known = {category: labels[category] for category in categories if category in labels}
        except (ValueError, KeyError, TypeError) as error:
            raise ExportError(f"row {number}: an object with file and labels is expected") from error
        if not isinstance(name, str) or not {type(value) for value in known.values()} <= {int, bool}:
            raise ExportError(f"row {number}: file is a string, and labels are 1 or 0")
        if not set(known.values()) <= {0, 1}:
            raise ExportError(f"row {number}: labels are 1 or 0")
        rows.append((name, {category: int(value) for category, value in known.items()}))
    return rows


def _pixels(path: Path, number: int, side: int) -> np.ndarray:
    try:
        return square_pixels(decode_image(path.read_bytes()).frames[0], side)
    except OSError as error:
        raise ExportError(f"row {number}: the picture cannot be opened") from error
    except ImageError as error:
        raise ExportError(f"row {number}: {error}") from error
