"""Evidence: which words of a text carried a category's score, as ranges of the text as posted.

Two things speak for a word. `aux/evidence`, where a bundle has it, is a head trained on words that people marked as
what makes a text harmful; it reads a token in its context, so it knows that one word is meant and another is not, but
not for which category. And the word alone: what the model says of it when it is all there is, as a share of what it
says of the whole window. That knows the category and needs no marked words. `Rule` says how the two are weighed.

The heads on the token vectors also decompose a score exactly, but after six layers of attention every token of a
harmful text looks harmful: `docs/evidence.md` has what each way is worth.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.contracts.evidence import TextSpan
from models.contracts.taxonomy import Category
from models.runtime.alignment import Alignment, align, joined
from models.runtime.batching import Float32s
from models.runtime.classifier import TextClassifier
from models.runtime.normalization import normalize
from models.runtime.words import Bools, Words, read_words

MAX_SPANS: Final = 16
"""Of one category in one text, the surest first."""
WEIGHT_DECIMALS: Final = 4

_EDGE: Final = re.compile(r"[\s\x00-\x23\x25-\x2f\x3a-\x3f\x5b-\x60\x7b-\x7f\u2010-\u2027]")
"""Punctuation and blanks around words; not @ and $, which stand for letters."""

Found = tuple[int, int, float]
"""Start, end and weight of a range."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How words are chosen, all thresholds in one place. `share` is that of `Words.shares`.

    With the head: `score = evidence - bar + slope * (share - half)`, and a word counts from a score of 0 if its share
    is at least `least_share`. Where that finds nothing, as for categories that nobody marked words for, and without the
    head: `score = alone_slope * (share - alone_half)`, from 0; and where nothing reaches that, the word with the
    highest share counts if it is at least `guess_share`.

    Source: chosen on validation rows by `models.evaluation.suites.spans`; see `docs/evidence.md`.
    """

    bar: float = 0.0
    slope: float = 2.0
    half: float = 0.5
    least_share: float = 0.05
    alone_slope: float = 5.0
    alone_half: float = 0.65
    guess_share: float = 0.25


RULE: Final = Rule()


def find_spans(
    classifier: TextClassifier, raw: str, categories: Collection[Category], rule: Rule = RULE
) -> tuple[TextSpan, ...]:
    """The words of a text that carry the scores of some categories.

    Args:
        classifier: of a bundle with token logits.
        raw: the text as posted.
        categories: those with a high score; of others no words are worth showing.
        rule: how words are chosen.

    Returns:
        By category in the order of the bundle's labels, then by place; disjoint within a category.

    Raises:
        InvalidTextError: the text holds a lone surrogate.
        NoTokenLogitsError: the bundle has no token logits.

    """
    text = normalize(raw)
    words = read_words(classifier, text, categories)
    found = {category: chosen_ranges(words, category, rule) for category in words.shares}
    if not any(found.values()):
        return ()
    steps = (align(text, words.text).mirrored(), align(raw, text).mirrored())
    return tuple(
        TextSpan(category=category, start=start, end=end, weight=round(weight, WEIGHT_DECIMALS))
        for category, ranges in found.items()
        for start, end, weight in _carried(ranges, steps, raw)
    )


def chosen_ranges(words: Words, category: Category, rule: Rule = RULE) -> list[Found]:
    """Ranges of `words.text` that carry a category, neighbouring words joined: the surest `MAX_SPANS`, in order."""
    found: list[Found] = []
    is_next = False
    for (start, end), score in zip(words.ranges, word_scores(words, category, rule).tolist(), strict=True):
        if np.isnan(score):
            is_next = False
            continue
        weight = float(1.0 / (1.0 + np.exp(-score)))
        if is_next and not words.text[found[-1][1] : start].strip(" -'"):
            found[-1] = (found[-1][0], end, max(found[-1][2], weight))
        else:
            found.append((start, end, weight))
        is_next = True
    return sorted(sorted(found, key=lambda one: -one[2])[:MAX_SPANS])


def word_scores(words: Words, category: Category, rule: Rule = RULE) -> Float32s:
    """How surely each word carries a category, as a logit; NaN for words that do not. *Shape:* `(w,)`."""
    shares = words.shares[category]
    if words.evidence is not None:
        scores = words.evidence + np.float32(rule.slope) * (shares - np.float32(rule.half)) - np.float32(rule.bar)
        marked = (scores > 0.0) & (shares >= rule.least_share)
        if marked.any():
            return _only(scores, marked)
    scores = np.float32(rule.alone_slope) * (shares - np.float32(rule.alone_half))
    marked = scores > 0.0
    if not marked.any() and np.isfinite(shares).any():
        highest = np.nanmax(shares)
        marked = (shares == highest) & (highest >= rule.guess_share)
    return _only(scores, marked)


def _only(scores: Float32s, chosen: Bools) -> Float32s:
    return np.where(chosen, scores, np.float32(np.nan)).astype(np.float32)


def _carried(ranges: list[Found], steps: tuple[Alignment, ...], raw: str) -> list[Found]:
    """The same ranges of the text as posted: without punctuation around them, in order, and disjoint."""
    carried: list[Found] = []
    for start, end, weight in ranges:
        place: tuple[int, int] | None = (start, end)
        for step in steps:
            place = step.forward(*place) if place is not None else None
        if place is not None:
            carried.append((*_trim(raw, *place), weight))
    merged = joined([(start, end) for start, end, _ in carried])
    return [
        (start, end, max(weight for begin, stop, weight in carried if begin < end and start < stop))
        for start, end in merged
    ]


def _trim(raw: str, start: int, end: int) -> tuple[int, int]:
    """Without punctuation and blanks at either end, unless it is nothing else."""
    inside = [place for place in range(start, end) if _EDGE.match(raw[place]) is None]
    return (inside[0], inside[-1] + 1) if inside else (start, end)
