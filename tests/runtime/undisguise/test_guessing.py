"""Guessing: words of harm are read from bad spelling, rare ordinary ones are not."""

import pytest

from models.runtime.undisguise.core import core
from models.runtime.undisguise.guessing import guess
from models.runtime.undisguise.lattice import spell
from models.runtime.undisguise.lexicon import lexicon, ordinary
from models.runtime.undisguise.misspelling import is_one_edit, nearest, sound
from models.runtime.undisguise.shapes import letters_of, readings


def test_words_of_the_core_are_words() -> None:
    assert core() < set(lexicon().ranks)


def test_no_ordinary_word_is_a_word_of_harm() -> None:
    assert not ordinary() & lexicon().harmful


@pytest.mark.parametrize("word", ["ramped", "fuming", "hatter", "maggot"])
def test_a_rare_word_beside_one_of_harm_stays(word: str) -> None:
    found = guess(word)
    assert found is None or not found.is_sure


def test_a_name_with_a_letter_changed_is_no_word_of_harm() -> None:
    found = guess("Murdur")
    assert found is None or not found.is_sure


@pytest.mark.parametrize(("one", "other"), [("bich", "bitch"), ("hte", "the"), ("cat", "cut"), ("aa", "a")])
def test_one_edit_is_a_letter_lost_added_changed_or_swapped(one: str, other: str) -> None:
    assert is_one_edit(one, other)
    assert is_one_edit(other, one)


def test_two_edits_are_not_one() -> None:
    assert not is_one_edit("bihc", "bitch")


def test_a_changed_letter_lies_beside_the_right_one() -> None:
    assert nearest("dath", lexicon()) == "death"


@pytest.mark.parametrize(("one", "other"), [("stewpid", "stupid"), ("phat", "fat"), ("murdur", "murder")])
def test_what_sounds_the_same_has_one_key(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("char", "letter"), [("\u24b6", "a"), ("\U0001f1fa", "u"), ("\u0e4f", "o"), ("$", "s")])
def test_a_sign_has_the_letters_that_it_looks_like(char: str, letter: str) -> None:
    assert letter in letters_of(char)


def test_a_plain_letter_is_only_itself() -> None:
    assert readings("k", 0) == [(1, "k", 0.0)]


def test_the_cheapest_spelling_has_the_fewest_guesses() -> None:
    found = spell("st.u*id", lexicon())
    assert found is not None
    assert (found.word, found.n_guessed) == ("stupid", 1)
