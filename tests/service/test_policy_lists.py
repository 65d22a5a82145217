"""Lists: what occurs is found, however it is written, and no text makes looking for it slow."""

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from models.contracts import Action, ScoreSource
from models.runtime.normalization import normalize
from service.policy.compiled import CompiledPolicy
from service.policy.compiling import compile_policy
from service.policy.document import parse_policy
from service.policy.facts import NO_FACTS, Facts
from service.policy.lists import ListKind, WordList
from service.policy.matching import Found, Passage, build_matcher, search_item
from tests.service.hashing import LABELS
from tests.service.policy_cases import TEXT_BUNDLE

WORDS = st.text(string.ascii_lowercase + "éß", min_size=4, max_size=9)
texts = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


def matches(text: str, *entries: str, kind: str = "exact", whole: bool = False, similarity: float = 0.9) -> bool:
    normal = tuple(entry if kind == "regex" else normalize(entry).casefold() for entry in entries)
    found = WordList("l", ListKind(kind), normal, whole, similarity)
    return build_matcher(found)(Passage(normalize(text)))


@pytest.mark.parametrize(
    ("text", "entry", "found"),
    [
        ("Get a FREE Gift   Card now!", "free gift card", True),
        ("ｆｒｅｅ gift card", "free gift card", True),
        ("free gift\u200b card", "free gift card", True),
        ("free gift cards", "free gift card", False),
        ("scandinavian", "scan", False),
        ("I love c++.", "c++", True),
        ("I love c+", "c++", False),
        ("look 🍑 here", "🍑", True),
        ("STRASSE", "straße", True),
        ("it's on", "it’s", True),
    ],
)
def test_a_phrase_is_found_as_whole_words_however_it_is_written(text: str, entry: str, found: bool) -> None:
    assert matches(text, entry) is found


@given(texts, texts, texts)
def test_a_phrase_is_found_wherever_it_stands(before: str, entry: str, after: str) -> None:
    assert matches(f"{before} {entry} {after}", entry)
    assert matches(f"{before}, {entry.upper()}! {after}", entry) or entry.upper().casefold() != entry.casefold()


@given(st.lists(WORDS, min_size=2, max_size=8))
def test_a_whole_list_asks_for_the_whole_text(words: list[str]) -> None:
    entry = " ".join(words)
    assert matches(entry.title(), entry, whole=True) or entry.title().casefold() != entry.casefold()
    assert not matches(f"{entry} and more", entry, whole=True)


@pytest.mark.parametrize(
    ("text", "pattern", "whole", "found"),
    [
        ("call 555-0100 now", r"\b\d{3}-\d{4}\b", False, True),
        ("call 555-0100 now", r"\b\d{3}-\d{4}\b", True, False),
        ("555-0100", r"\d{3}-\d{4}", True, True),
        ("CALL ME", "call me", False, True),
        ("one https://a.example two https://b.example", "(http.{0,20}){2}", False, True),
    ],
)
def test_a_pattern_is_found(text: str, pattern: str, whole: bool, found: bool) -> None:
    assert matches(text, pattern, kind="regex", whole=whole) is found


def test_patterns_that_take_others_forever_are_looked_for_in_a_long_text() -> None:
    """These are exponential where patterns are tried one way after the other."""
    assert not matches("x" * 100_000, "(x+x+)+y", "(a|aa)+$b", "^(.*.*.*)*z$", kind="regex")


@pytest.mark.parametrize(
    ("text", "entry", "found"),
    [
        ("write to examplebnak today", "examplebank", True),
        ("write to exampelbank!", "examplebank", True),
        ("write to example bank", "examplebank", False),
        ("nobody lieks you", "nobody likes you", True),
        ("somebody likes tea", "nobody likes you", False),
    ],
)
def test_a_misspelt_phrase_is_found_by_a_fuzzy_list(text: str, entry: str, found: bool) -> None:
    assert matches(text, entry, kind="fuzzy", similarity=0.85) is found


@given(st.lists(WORDS, min_size=1, max_size=8), WORDS, st.floats(0.7, 1.0))
def test_a_fuzzy_list_finds_what_comparing_every_word_finds(words: list[str], entry: str, least: float) -> None:
    expected = any(fuzz.ratio(word, entry.casefold()) >= 100 * least for word in map(str.casefold, words))
    assert matches(" ".join(words), entry, kind="fuzzy", similarity=least) == expected


def policy(**lists: str) -> CompiledPolicy:
    written = "".join(f"  {name}: {found}\n" for name, found in lists.items())
    rules = "".join(
        f"  - {{id: {name}, when: {{list: {name}}}, action: {action}, message: m}}\n"
        for name, action in zip(lists, ("label", "remove"), strict=False)
    )
    return compile_policy(parse_policy(f"name: a\nlists:\n{written}rules:\n{rules}", "p"), [TEXT_BUNDLE])


def test_a_reason_names_the_list_and_never_what_matched() -> None:
    verdict = policy(bad="{kind: exact, entries: [secretword]}").judge_text(
        [0.0] * len(LABELS), replace(NO_FACTS, text="a secretword here")
    )
    (entry,) = verdict.fired
    assert (entry.list, entry.source, verdict.action) == ("bad", ScoreSource.TEXT, Action.LABEL)
    assert "secretword" not in str(entry.reason)


def test_words_in_an_image_are_looked_at_and_the_image_is_named() -> None:
    found = policy(bad="{kind: exact, entries: [secretword]}")
    (entry,) = found.judge([], replace(NO_FACTS, words="\nthe secretword\nnothing")).fired
    assert (entry.source, entry.places) == (ScoreSource.IMAGE_TEXT, ((1, None),))


def test_a_phrase_does_not_run_from_one_image_into_the_next() -> None:
    search = search_item(
        policy(bad="{kind: exact, entries: [two words]}").matchers, Facts("t", "e", words="two\nwords")
    )
    assert search("bad") is None


def test_every_list_is_looked_for_by_itself() -> None:
    found = policy(bad="{kind: exact, entries: [one]}", worse="{kind: regex, entries: ['t.o']}")
    search = search_item(found.matchers, Facts("t", "e", text="two"))
    assert (search("bad"), search("worse")) == (None, Found(in_text=True))
