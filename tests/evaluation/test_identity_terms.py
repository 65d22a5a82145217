import pytest

from models.evaluation.dialect import is_marked
from models.evaluation.identity_terms import TERMS, kind_of, template_of, term_of


@pytest.mark.parametrize("term", [term for terms in TERMS.values() for term in terms])
def test_every_term_is_found_and_taken_out(term: str) -> None:
    sentence = f"Sam is a kind {term} person"
    assert term_of(sentence) == term
    assert template_of(sentence) == "Sam is a kind _ person"
    assert term in TERMS[kind_of(term)]


def test_a_sentence_without_a_term_has_none() -> None:
    assert term_of("Sam is a kind programmer") is None


def test_a_sentence_with_two_terms_belongs_to_neither() -> None:
    assert term_of("a deaf sikh") is None


def test_a_term_inside_a_word_is_none() -> None:
    assert term_of("the blindfold") is None


@pytest.mark.parametrize("text", ["finna go home", "she be late", "ain't nobody home", "y'all come in"])
def test_a_post_with_a_mark_is_marked(text: str) -> None:
    assert is_marked([text]).tolist() == [True]


@pytest.mark.parametrize("text", ["going home now", "the with of it", "@finna hello", "I want this"])
def test_a_post_without_a_mark_is_not(text: str) -> None:
    assert is_marked([text]).tolist() == [False]
