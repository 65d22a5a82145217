import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.contracts import CATEGORIES, Category
from models.export.errors import ExportError
from models.export.vision.labelled import read_labelled_pictures

BOTH = (Category.SEXUAL, Category.VIOLENCE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, colour in (("red.png", (255, 0, 0)), ("blue.png", (0, 0, 255))):
        Image.new("RGB", (40, 30), colour).save(tmp_path / name)
    return tmp_path


def columns(labels: np.ndarray) -> list[list[int]]:
    return labels[:, [CATEGORIES.index(category) for category in BOTH]].tolist()


def test_csv_and_json_lines_say_the_same(folder: Path) -> None:
    (folder / "list.csv").write_text("file,violence,sexual\nred.png,1,0\nblue.png,,1\n")
    rows = [
        {"file": "red.png", "labels": {"violence": 1, "sexual": 0}},
        {"file": "blue.png", "labels": {"sexual": True}},
    ]
    (folder / "list.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    first, second = (read_labelled_pictures(folder / name, BOTH, 32) for name in ("list.csv", "list.jsonl"))
    assert columns(first.labels) == columns(second.labels) == [[0, 1], [1, -1]]
    np.testing.assert_array_equal(first.pixels, second.pixels)


def test_pictures_are_squashed_to_the_models_square(folder: Path) -> None:
    (folder / "list.csv").write_text("file,sexual\nred.png,1\n")
    pictures = read_labelled_pictures(folder / "list.csv", BOTH, 32)
    assert pictures.pixels.shape == (1, 32, 32, 3)
    assert (pictures.pixels == [255, 0, 0]).all()


def test_categories_that_were_not_asked_for_stay_unknown(folder: Path) -> None:
    (folder / "list.csv").write_text("file,sexual,violence\nred.png,1,1\n")
    labels = read_labelled_pictures(folder / "list.csv", (Category.SEXUAL,), 32).labels
    assert labels[0, CATEGORIES.index(Category.VIOLENCE)] == -1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("list.csv", "file\nred.png\n", "needs the column"),
        ("list.csv", "file,sexual\n", "no pictures"),
        ("list.csv", "file,sexual\nred.png,yes\n", "row 1"),
        ("list.csv", "file,sexual\nred.png,1\nnone.png,1\n", "row 2: the picture cannot be opened"),
        ("list.csv", "file,sexual\nlist.csv,1\n", "row 1"),
        ("list.jsonl", '{"file": "red.png"}\n', "row 1"),
        ("list.jsonl", "[1]\n", "row 1"),
        ("list.jsonl", '{"file": 3, "labels": {}}\n', "row 1"),
        ("list.jsonl", '{"file": "red.png", "labels": {"sexual": 2}}\n', "1 or 0"),
        ("list.jsonl", '{"file": "red.png", "labels": {"sexual": "1"}}\n', "1 or 0"),
    ],
)
def test_a_list_that_cannot_be_used_names_the_row(folder: Path, name: str, text: str, message: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(ExportError, match=message):
        read_labelled_pictures(folder / name, BOTH, 32)


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot be read"):
        read_labelled_pictures(tmp_path / "none.csv", BOTH, 32)
