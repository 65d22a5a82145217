"""How the reading benchmark compares words."""

from collections import Counter

import numpy as np

from scripts.bench.reading import Page, Tally, words_of


def test_words_are_compared_without_case_marks_and_apostrophes() -> None:
    assert words_of("Don't STOP, don’t") == Counter({"dont": 2, "stop": 1})


def test_a_word_read_twice_and_written_once_counts_once() -> None:
    tally = Tally()
    tally.add(Page("any", np.zeros((1, 1, 3), dtype=np.uint8), words_of("one two")), words_of("two two"), 0.1)
    assert (tally.recall, tally.precision) == (0.5, 0.5)


def test_nothing_read_and_nothing_written_is_no_division_by_zero() -> None:
    assert (Tally().recall, Tally().precision) == (0.0, 0.0)
