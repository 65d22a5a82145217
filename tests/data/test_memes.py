import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.errors import DataError, MissingFileError
from models.data.images.mirror import image_root
from models.data.memes import Part, clean_words, load_memes, meme_groups, near_pictures

ROW = {
    "file": "memes/a.jpg",
    "source": "harmeme",
    "split": "train",
    "labels": ["very harmful", "society"],
    "text": "A b",
}
MIRROR = os.environ.get("WEIR_DATA_MIRROR")


def write_rows(folder: Path, *rows: dict[str, object]) -> Path:
    (folder / "memes.jsonl").write_text("\n".join(json.dumps(ROW | row) for row in rows) + "\n", encoding="utf-8")
    return folder


def test_a_meme_knows_its_picture_words_and_labels(tmp_path: Path) -> None:
    (meme,) = load_memes(write_rows(tmp_path, {}))
    assert (meme.path, meme.words) == (tmp_path / "memes/a.jpg", "A b")
    assert (meme.is_harmful, meme.is_very_harmful, meme.part) == (True, True, Part.TRAIN)


@pytest.mark.parametrize(("label", "expected"), [("not harmful", (False, False)), ("somewhat harmful", (True, False))])
def test_somewhat_harmful_is_harmful_and_not_very(tmp_path: Path, label: str, expected: tuple[bool, bool]) -> None:
    (meme,) = load_memes(write_rows(tmp_path, {"labels": [label]}))
    assert (meme.is_harmful, meme.is_very_harmful) == expected


def test_other_sets_in_the_list_are_left_out(tmp_path: Path) -> None:
    assert len(load_memes(write_rows(tmp_path, {}, {"source": "propaganda", "labels": ["Smears"]}))) == 1


@pytest.mark.parametrize("row", [{"labels": []}, {"labels": ["fine"]}, {"split": "later"}, {"labels": None}])
def test_a_row_of_another_format_is_refused_without_quoting_it(tmp_path: Path, row: dict[str, object]) -> None:
    with pytest.raises(DataError, match=r"memes\.jsonl") as caught:
        load_memes(write_rows(tmp_path, {"text": "secret"} | row))
    assert "secret" not in str(caught.value)


def test_a_list_without_memes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="harmeme"):
        load_memes(write_rows(tmp_path, {"source": "propaganda"}))


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"memes\.jsonl"):
        load_memes(tmp_path)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("one\n two\n", "one two"),
        ("wear it imgflip.com\n", "wear it"),
        ("see https://a.b/c @someone now", "see now"),
        ("Mr. Smith is at home. Come on", "Mr. Smith is at home. Come on"),
    ],
)
def test_sites_and_lines_leave_the_words(text: str, clean: str) -> None:
    assert clean_words(text) == clean


@given(st.text(max_size=80))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean_words(clean_words(text)) == clean_words(text)


@pytest.mark.parametrize(
    ("text", "political"), [("TRUMP said", True), ("I voted", False), ("vote", True), ("cat", False)]
)
def test_naming_a_politician_or_an_election_is_political(tmp_path: Path, text: str, political: bool) -> None:
    (meme,) = load_memes(write_rows(tmp_path, {"text": text}))
    assert meme.is_political is political


def random_hashes(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 32), dtype=np.uint8)


def test_pictures_up_to_31_bits_apart_are_near() -> None:
    hashes = random_hashes(3)
    bits = np.unpackbits(hashes[0])
    for row, n_flips in ((1, 31), (2, 32)):
        flipped = bits.copy()
        flipped[:n_flips] ^= 1
        hashes[row] = np.packbits(flipped)
    assert (0, 1) in near_pictures(hashes)
    assert (0, 2) not in near_pictures(hashes)


def test_memes_alike_in_words_or_picture_are_one_group() -> None:
    hashes = random_hashes(4)
    hashes[3] = hashes[1]
    words = [
        "alpha beta gamma delta epsilon",
        "one two three four five",
        "Alpha, beta gamma delta epsilon!",
        "other words",
    ]
    assert meme_groups(words, hashes).tolist() == [0, 1, 0, 1]


@pytest.mark.mirror
@pytest.mark.skipif(not MIRROR, reason="WEIR_DATA_MIRROR is not set")
def test_harmeme_has_the_counts_that_its_authors_published() -> None:
    memes = load_memes(image_root(Path(MIRROR or "")))
    parts = {part: [meme for meme in memes if meme.part is part] for part in Part}
    assert {part: (len(rows), sum(row.is_harmful for row in rows)) for part, rows in parts.items()} == {
        Part.TRAIN: (3013, 1064),
        Part.VALIDATION: (177, 61),
    }
