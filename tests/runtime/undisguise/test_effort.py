"""Effort: what a text may cost that is made of disguises only."""

import random

from models.runtime.undisguise import undisguise
from models.runtime.undisguise.effort import MAX_GUESSED_CHARS, MAX_LOOKED_CHARS, Effort
from models.runtime.undisguise.guessing import MAX_CHARS, guess
from models.runtime.undisguise.reading import _token


def test_a_word_beyond_the_bounds_is_neither_looked_at_nor_guessed() -> None:
    effort = Effort()
    assert effort.may_look("x" * MAX_LOOKED_CHARS)
    assert not effort.may_look("x")
    assert effort.may_guess("x" * MAX_GUESSED_CHARS)
    assert not effort.may_guess("x")


def test_disguises_beyond_the_bounds_stay_as_written() -> None:
    chance = random.Random(1)
    unreadable = ["".join(chance.choices("qxzjv7%", k=9)) + "q" for _ in range(MAX_LOOKED_CHARS // 5)]
    text = " ".join([*unreadable, "sh1t"])
    assert undisguise("sh1t") == "shit"
    assert undisguise(text).endswith(" sh1t")


def test_an_answer_does_not_hang_on_what_was_read_before() -> None:
    chance = random.Random(2)
    text = " ".join("".join(chance.choices("abcdehikstu1!@*#", k=11)) for _ in range(3000))
    fresh = undisguise(text)
    assert undisguise(text) == fresh
    _token.cache_clear()
    guess.cache_clear()
    assert undisguise(text) == fresh


def test_no_long_run_of_characters_is_kept_in_a_cache() -> None:
    _token.cache_clear()
    guess.cache_clear()
    undisguise(" ".join(["a*b1" * MAX_CHARS, "c1*d" * MAX_CHARS]))
    assert _token.cache_info().currsize == 0
    assert guess.cache_info().currsize == 0
