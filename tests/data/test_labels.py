from hypothesis import given
from hypothesis import strategies as st

from models.contracts import CATEGORIES, Category
from models.data.labels import LABELS, NO, UNKNOWN, YES, Auxiliary, close, encode, no, yes

marks = st.dictionaries(st.sampled_from(LABELS), st.sampled_from([YES, NO, UNKNOWN]))


def test_columns_are_the_taxonomy_followed_by_the_auxiliary_labels():
    assert (*CATEGORIES, *Auxiliary) == LABELS


def test_a_yes_climbs_to_the_parents():
    closed = close(yes(Category.HARASSMENT_THREATENING))
    assert {label for label, value in closed.items() if value == YES} == {
        Category.HARASSMENT_THREATENING,
        Category.HARASSMENT,
        Category.VIOLENCE,
        Category.TOXICITY,
    }


def test_a_no_descends_to_the_children():
    closed = close(no(Category.SELF_HARM))
    assert closed == no(Category.SELF_HARM, Category.SELF_HARM_INTENT, Category.SELF_HARM_INSTRUCTIONS)


def test_a_no_for_a_child_says_nothing_about_its_parent():
    assert Category.HATE not in close(no(Category.HATE_THREATENING))


def test_nothing_known_is_a_row_of_unknowns():
    assert set(encode({})) == {UNKNOWN}


def test_sexism_alone_says_nothing_about_the_taxonomy():
    assert set(encode(yes(Auxiliary.SEXISM))[: len(CATEGORIES)]) == {UNKNOWN}


@given(marks)
def test_adding_what_follows_twice_adds_nothing(given_marks):
    once = close(given_marks)
    assert close(once) == once


@given(marks)
def test_every_yes_is_kept(given_marks):
    closed = close(given_marks)
    assert all(closed[label] == YES for label, value in given_marks.items() if value == YES)


@given(marks)
def test_threats_of_hate_are_always_hate_and_violence(given_marks):
    closed = close({**given_marks, Category.HATE_THREATENING: YES})
    assert closed[Category.HATE] == closed[Category.VIOLENCE] == closed[Category.TOXICITY] == YES
