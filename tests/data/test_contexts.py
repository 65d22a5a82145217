"""Previous turns are cleaned like texts, and none of them is a text of another split."""

from collections.abc import Mapping

import pytest

from models.contracts import Category
from models.data.contexts import PREVIOUS_CHARS, clean_previous, foreign_contexts, without_foreign_contexts
from models.data.digests import text_digest
from models.data.examples import Example, Split
from models.data.labels import encode
from models.data.store import Placed

NO_HARM: Mapping[Category, int] = {Category.TOXICITY: 0}


def placed(text: str, split: Split, previous: str | None = None) -> Placed:
    example = Example(text, text_digest(text), "a", encode(NO_HARM), None, None, None, 1.0, None, previous=previous)
    return Placed(example, split, 1)


def test_a_previous_turn_is_spelt_like_a_text() -> None:
    assert clean_previous("  ask\u200b @somebody  ") == "ask @user"


@pytest.mark.parametrize("previous", [None, "", " \u200b "])
def test_no_previous_turn_is_none(previous: str | None) -> None:
    assert clean_previous(previous) is None


def test_a_long_previous_turn_is_cut() -> None:
    found = clean_previous("word " * 1000)
    assert found is not None
    assert PREVIOUS_CHARS - 5 <= len(found) <= PREVIOUS_CHARS


def test_a_training_row_loses_a_previous_turn_that_is_a_test_text() -> None:
    rows = [
        placed("What do YOU think, of this?", Split.TEST),
        placed("not much", Split.TRAIN, "what do you think of this"),
        placed("a lot", Split.TEST, "what do you think of this"),
    ]
    assert foreign_contexts(rows) == 1
    kept = without_foreign_contexts(rows)
    assert [item.example.previous for item in kept] == [None, None, "what do you think of this"]
    assert foreign_contexts(kept) == 0


def test_a_long_test_text_is_recognised_where_it_was_cut() -> None:
    text = " ".join(f"word{i}" for i in range(200))
    rows = [placed(text, Split.TEST), placed("not much", Split.TRAIN, clean_previous(text))]
    assert foreign_contexts(rows) == 1


def test_turns_of_a_few_words_are_nobodys_text() -> None:
    assert foreign_contexts([placed("go on", Split.TEST), placed("fine then", Split.TRAIN, "go on")]) == 0
