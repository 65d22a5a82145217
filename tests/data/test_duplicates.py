import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.duplicates import SHINGLE_CHARS, Forest, group, jaccard, normal_form, shingles

LONG = "The quick brown fox jumps over the lazy dog while seven grey geese fly slowly across the frozen lake at dawn"


def grams(form):
    return {form[i : i + SHINGLE_CHARS] for i in range(len(form) - SHINGLE_CHARS + 1)}


def test_case_blanks_and_punctuation_do_not_make_a_text_new():
    assert group(["Well, hello there!", "well hello   THERE"], [None, None]) == [0, 0]


def test_emoji_make_a_short_text_new():
    assert group(["I 🔪 them", "I 💙 them"], [None, None]) == [0, 1]


def test_a_long_text_with_one_word_changed_is_a_duplicate():
    assert group([LONG, LONG.replace("grey", "gray")], [None, None]) == [0, 0]


def test_a_different_text_is_none():
    other = "Nobody had expected that the committee would publish its report about bridges before the summer"
    assert group([LONG, other], [None, None]) == [0, 1]


def test_short_texts_are_only_compared_exactly():
    assert group(["tremendously good", "tremendously goods"], [None, None]) == [0, 1]


def test_kin_share_a_group_whatever_they_say():
    assert group(["one thing", "another thing", "a third"], ["pair", None, "pair"]) == [0, 1, 0]


def test_duplicates_of_kin_join_their_group():
    assert group(["first words", "second words", "Second words!"], ["a", "a", None]) == [0, 0, 0]


def test_every_similar_pair_of_a_crowd_is_found():
    rng = np.random.default_rng(5)
    words = [f"w{i:03}" for i in range(400)]
    texts = [" ".join(rng.choice(words, 30)) for _ in range(60)]
    texts += [f"{text} tail" for text in texts]
    groups = group(texts, [None] * len(texts))
    assert groups[60:] == groups[:60] == list(range(60))


@given(st.text("abcd ", min_size=6, max_size=60), st.text("abcd ", min_size=6, max_size=60))
def test_similarity_is_that_of_the_sets_of_five_grams(left, right):
    expected = len(grams(left) & grams(right)) / len(grams(left) | grams(right))
    assert jaccard(shingles(left), shingles(right)) == pytest.approx(expected)


@given(st.text())
def test_the_normal_form_is_its_own_normal_form(text):
    assert normal_form(normal_form(text)) == normal_form(text)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_the_smallest_item_stands_for_a_set(pairs):
    forest = Forest(10)
    for left, right in pairs:
        forest.join(left, right)
    assert all(forest.root(item) <= item for item in range(10))
    assert all(forest.root(left) == forest.root(right) for left, right in pairs)


def test_texts_of_signs_alone_are_only_compared_as_they_are_written() -> None:
    assert group(["+ - * /", "( ) [ ]", "+ - * /", "a word"], [None] * 4) == [0, 1, 0, 3]
