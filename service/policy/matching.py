"""Matching: which of a policy's lists occur in one item. Lazy, because most rules ask only after a score."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from service.policy.facts import Facts
from service.policy.lists import ListKind, WordList

_TOKEN: Final = re.compile(r"\w+|[^\w\s]")
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a list occurs.

    Attributes:
        in_text: in the posted text.
        images: in the words of these images.

    """

    in_text: bool
    images: tuple[int, ...] = ()


Find = Callable[[str], Found | None]
"""Where a list, by its name, occurs in an item; None when it does not."""


class Passage:
    """One text of an item, prepared once for all lists. Constructing does nothing."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def tokens(self) -> list[str]:
        """Words, and every other visible character by itself."""
        return _TOKEN.findall(self.text.casefold())

    @cached_property
    def words(self) -> list[str]:
        """Words alone."""
        return _WORD.findall(self.text.casefold())


Matcher = Callable[[Passage], bool]


@dataclass(frozen=True, slots=True)
class ItemSearch:
    """Looks for lists in one item, each at most once."""

    matchers: Mapping[str, Matcher]
    text: Passage
    images: tuple[Passage, ...]
    found: dict[str, Found | None]

    def __call__(self, name: str) -> Found | None:
        """Where this list occurs."""
        if name not in self.found:
            matches = self.matchers[name]
            images = tuple(index for index, words in enumerate(self.images) if words.text and matches(words))
            in_text = bool(self.text.text) and matches(self.text)
            self.found[name] = Found(in_text, images) if in_text or images else None
        return self.found[name]


def search_item(matchers: Mapping[str, Matcher], facts: Facts) -> ItemSearch:
    """A search in the text and the words of an item."""
    words = facts.words.split("\n") if facts.words else []
    return ItemSearch(matchers, Passage(facts.text), tuple(map(Passage, words)), {})


def build_matcher(found: WordList) -> Matcher:
    """The matcher of one list."""
    if found.kind is ListKind.REGEX:
        return _regex_matcher(found)
    return _fuzzy_matcher(found) if found.kind is ListKind.FUZZY else _exact_matcher(found)


def _exact_matcher(found: WordList) -> Matcher:
    """Phrases by their tokens: one look-up a token, and one more for every length of phrase that begins with it."""
    if found.whole:
        texts = frozenset(found.entries)
        return lambda passage: passage.text.casefold() in texts
    phrases = frozenset(tuple(_TOKEN.findall(entry)) for entry in found.entries)
    lengths: dict[str, set[int]] = {}
    for phrase in phrases:
        lengths.setdefault(phrase[0], set()).add(len(phrase))
    return lambda passage: _has_phrase(passage.tokens, phrases, lengths)


def _has_phrase(tokens: list[str], phrases: frozenset[tuple[str, ...]], lengths: Mapping[str, Collection[int]]) -> bool:
    for start, token in enumerate(tokens):
        for length in lengths.get(token, ()):
            if length == 1 or tuple(tokens[start : start + length]) in phrases:
                return True
    return False


def _regex_matcher(found: WordList) -> Matcher:
    pattern = found.pattern
    if found.whole:
        return lambda passage: pattern.fullmatch(passage.text) is not None
    return lambda passage: pattern.search(passage.text) is not None


def _fuzzy_matcher(found: WordList) -> Matcher:
    """Phrases against every run of as many words, each different run once.

    Similarity is that of rapidfuzz's `ratio`: one less the insertions and deletions that make one of the other, by both
    lengths. At most 200 entries meet the runs of a text, and a run whose length rules a match out costs nothing.
    """
    import numpy as np
    from rapidfuzz import fuzz, process

    least = 100.0 * found.min_similarity
    by_length: dict[int, list[str]] = {}
    for entry in found.entries:
        words = _WORD.findall(entry)
        by_length.setdefault(max(len(words), 1), []).append(" ".join(words) or entry)

    def matches(passage: Passage) -> bool:
        for length, entries in by_length.items():
            runs = _runs(passage.words, length, entries, found.min_similarity)
            if runs and bool(process.cdist(entries, runs, scorer=fuzz.ratio, score_cutoff=least, dtype=np.uint8).any()):
                return True
        return False

    return matches


def _runs(words: Sequence[str], length: int, entries: Sequence[str], min_similarity: float) -> list[str]:
    """Different runs of so many words whose length allows a match at all."""
    spread = min_similarity / (2.0 - min_similarity)  # ratio = 2 common / (a + b), and common is at most the shorter
    shortest, longest = min(map(len, entries)) * spread, max(map(len, entries)) / spread
    runs = set(words) if length == 1 else {" ".join(words[i : i + length]) for i in range(len(words) - length + 1)}
    return [run for run in runs if shortest <= len(run) <= longest]
