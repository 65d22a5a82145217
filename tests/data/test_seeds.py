"""Seeds: every line becomes a bounded number of texts, the same each time, and says something of its categories."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Category
from models.data import cues
from models.data.errors import DataError
from models.data.rows import Part
from models.data.seeds import MAX_FILLINGS, fill, read_seeds, weir_seeds

FOLDER = Path(__file__).parents[2] / "models" / "data" / "seed"
FILES = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")}
ROWS = list(weir_seeds(FILES))
THIN = (
    Category.SELF_HARM,
    Category.SELF_HARM_INTENT,
    Category.SELF_HARM_INSTRUCTIONS,
    Category.SEXUAL,
    Category.VIOLENCE,
    Category.VIOLENCE_GRAPHIC,
    Category.HATE_THREATENING,
    Category.HARASSMENT_THREATENING,
    Category.ILLICIT,
    Category.ILLICIT_VIOLENT,
)


def test_all_of_them_train() -> None:
    assert {row.part for row in ROWS} == {Part.TRAIN}


@pytest.mark.parametrize("category", THIN)
def test_a_thin_category_has_a_hundred_positives_and_as_many_negatives(category: Category) -> None:
    values = [row.marks.get(category) for row in ROWS]
    assert values.count(1) >= 100
    assert values.count(0) >= 100


def test_no_text_is_there_twice() -> None:
    assert len({row.text for row in ROWS}) == len(ROWS)


def test_no_positive_brings_childhood_and_sex_together() -> None:
    assert not [row for row in ROWS if row.marks.get(Category.SEXUAL) == 1 and cues.mentions_sexualised_minor(row.text)]


@given(st.lists(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=30, unique=True))
def test_a_line_is_filled_in_a_bounded_number_of_distinct_ways(fillings: list[str]) -> None:
    texts = fill("say {word}", {"word": tuple(fillings)})
    assert 1 <= len(texts) <= min(MAX_FILLINGS, len(fillings))
    assert len(set(texts)) == len(texts)
    assert fill("say {word}", {"word": tuple(fillings)}) == texts


def test_an_article_fits_the_word_that_follows_it() -> None:
    assert fill("a {word}", {"word": ("axe",)}) == ["an axe"]


@pytest.mark.parametrize(
    "text",
    [
        "- a list",
        "slots: {}\ngroups: [{name: x, positive: [hate], lines: ['{gone}']}]",
        "slots: {a: [b]}\ngroups: [{name: x, positive: [hate], negative: [hate], lines: [c]}]",
        "slots: {a: [b]}\ngroups: [{name: x, lines: [c]}]",
        "slots: {a: [b]}\ngroups: [{name: x, positive: [sadness], lines: [c]}]",
        "slots: [",
    ],
)
def test_another_shape_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="not a file of seeds"):
        read_seeds(text, "file")
