"""Sentences: they cover what is not blank, in order, and are counted as the web counts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.wire.perspective.sentences import Span, in_utf16, split_sentences

texts = st.text(st.sampled_from('ab .!?\n"😀é…'), max_size=60)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("What kind of idiot name is foo? Sorry, I like it.", ["What kind of idiot name is foo?", "Sorry, I like it."]),
        ("It costs 3.50 today", ["It costs 3.50 today"]),
        ('"Really?" Yes!!', ['"Really?"', "Yes!!"]),
        ("one\ntwo\r\n\r\n three ", ["one", "two", "three"]),
        ("...", ["..."]),
        (" \n ", []),
    ],
)
def test_a_text_is_split_where_a_sentence_ends(text: str, sentences: list[str]) -> None:
    assert [text[begin:end] for begin, end in split_sentences(text, 10)] == sentences


@given(texts)
def test_sentences_leave_out_blanks_and_nothing_else(text: str) -> None:
    spans = split_sentences(text, 1_000)
    assert "".join("".join(text[begin:end] for begin, end in spans).split()) == "".join(text.split())
    assert all(a.end <= b.begin for a, b in itertools.pairwise(spans))
    assert all(text[span.begin : span.end].strip() == text[span.begin : span.end] != "" for span in spans)


@given(texts, st.integers(1, 5))
def test_there_are_never_more_spans_than_allowed(text: str, most: int) -> None:
    spans, every = split_sentences(text, most), split_sentences(text, 1_000)
    assert len(spans) <= most
    assert not every or (spans[0].begin, spans[-1].end) == (every[0].begin, every[-1].end)


@given(texts)
def test_places_in_utf16_find_the_same_words(text: str) -> None:
    spans = split_sentences(text, 1_000)
    units = text.encode("utf-16-le")
    for span, place in zip(spans, in_utf16(text, spans), strict=True):
        assert units[2 * place.begin : 2 * place.end].decode("utf-16-le") == text[span.begin : span.end]


def test_an_emoji_counts_two() -> None:
    assert in_utf16("😀 you", [Span(2, 5)]) == [Span(3, 6)]
