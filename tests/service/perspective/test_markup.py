"""Markup: what a reader sees is scored, and every character knows where it came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.wire.perspective.markup import strip_markup
from service.wire.perspective.sentences import Span

pieces = st.lists(
    st.sampled_from(
        ["a", " ", "<b>", "</b>", "<", ">", "&amp;", "&", "<!--", "-->", "<p>", '"', "'", "<a href='", "😀"]
    ),
    max_size=20,
).map("".join)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>You <b>id</b>iot</p>", "\nYou idiot\n"),
        ("a &lt; b &amp;&#33; &#x1F600;", "a < b &! 😀"),
        ("x<!-- hidden -->y<script>var z = '<b>'</script>", "xy"),
        ("<a title='>'>link</a>", "link"),
        ("2 < 3 and <unclosed", "2 < 3 and <unclosed"),
        ("<!-- never closed idiot", "<!-- never closed idiot"),
        ("<!DOCTYPE html>one<br/>two", "one\ntwo"),
        ("no &entity; here &nosuch", "no &entity; here &nosuch"),
    ],
)
def test_markup_goes_and_text_stays(source: str, text: str) -> None:
    assert strip_markup(source).text == text


@given(pieces)
def test_every_character_has_its_place_in_the_source(source: str) -> None:
    plain = strip_markup(source)
    assert len(plain.text) == len(plain.begins) == len(plain.ends)
    for index, char in enumerate(plain.text):
        begin, end = plain.in_source(Span(index, index + 1))
        assert 0 <= begin < end <= len(source)
        assert source[begin:end] == char or source[begin] in "&<"


@given(st.text(st.characters(exclude_characters="<&"), max_size=40))
def test_a_text_without_markup_stays_as_it_is(source: str) -> None:
    assert strip_markup(source).text == source


@pytest.mark.parametrize("piece", ['<a "', "<!--", "<script>", "<", "<a b='", "&amp;", "<p>"])
def test_many_broken_tags_are_text(piece: str) -> None:
    plain = strip_markup(piece * 20_000)
    assert len(plain.text) == len(plain.begins)
