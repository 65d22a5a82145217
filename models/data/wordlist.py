"""Word list: the words that `models.runtime.undisguise` may read out of a disguise, most frequent first.

A word is what the tokeniser has as a whole word and people write, what people write often, or what a lexicon of
profanity lists. Two kinds of them are marked: words of harm, which disguises hide, and profanity, which people mask
with stars. Both are facts of the training split: how many texts hold a word, and whether harmful ones hold it more.

The list is a part of the spelling that a model was trained on, so it ships as a file and changes only with a model.

Source: LDNOOBW, "List of Dirty, Naughty, Obscene, and Otherwise Bad Words", English (CC BY 4.0); Surge AI, "The
Obscenity List" (MIT), for which words are profanity; the whole words of BERT's uncased vocabulary (Apache-2.0).
"""

import csv
import gzip
import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from models.contracts import CATEGORIES, Category
from models.data.store import Examples

PROFANE: Final = "*"
HARMFUL: Final = "+"

MIN_TEXTS: Final = 3
"""Texts that hold a word of the vocabulary."""
MIN_TEXTS_BEYOND: Final = 30
"""Texts that hold a word which the vocabulary lacks, from three sets at least."""
MIN_SETS: Final = 3
MIN_TEXTS_SHORT: Final = {1: 10**9, 2: 400, 3: 20}
"""Short strings are in every vocabulary, and few of them are words."""
SINGLE_LETTERS: Final = ("i", "a", "u")
MIN_HARMFUL: Final = 12
MIN_HARMFUL_PROFANE: Final = 3
MIN_LOG_ODDS: Final = 1.5
MIN_LETTERS_HARMFUL: Final = 4
"""Of a word that only its counts call harmful; in short ones they follow dialect."""
MIN_LETTERS_LISTED: Final = 3
MIN_LOG_ODDS_LISTED: Final = 0.6
"""Of a word that a lexicon lists, which some do for a second meaning: `peter`, `sheet`."""

_WORD: Final = re.compile(r"(?<![\w@#*$'])[a-z]+(?![\w@#*$'])")
_NOT_HARM: Final = frozenset({Category.SPAM})

# Words that threats, self-harm and insults are made of, which ordinary texts hold too.
_CHARGED = """
abuse attack beat behead bomb bombs burn bury choke choking cocaine crack crush cut cutting dead death destroy die died
dies drown drug drugs dumb evil execute explode explosive fat fight fool gas gun guns hang hanging hate hated hater
haters hates hating heroin hurt hurting idiot idiots insane jew jewish jews kick kill killed killer killing kills knife
lesbian lesbians loser losers lynch meth monkey monkeys moron murder murdered murderer muslim muslims nazi nazis
overdose pain pathetic pig pigs poison punch rape raped rapes rapist rat rats shoot shooting shot shut sick slap slave
slaves slaughter stab stabbed stabbing strangle stupid suicidal suicide terrorist terrorists terrorism threat torture
trans trash ugly vermin victim violence violent weapon weapons whore worthless gay gays immigrant immigrants refugee
refugees disgusting filthy filth scum subhuman savages cockroach cockroaches parasite parasites women woman blacks black
white whites mexican mexicans arab arabs indian indians asian asians weed pills ammo rifle pistol grenade
"""
CHARGED: Final = frozenset(_CHARGED.split())

# Listed as profanity, and more often something else, or a disguise already.
_SECOND = "finger sack slit escort hooker crow sheet peter bbc nip bone wing domination fck fucc fuk nazi butt"
SECOND_MEANINGS: Final = frozenset(_SECOND.split())


@dataclass
class WordCounts:
    """Texts that hold a word, in harmful texts and in others, and the sets that they come from."""

    harmful: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    sets: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    n_harmful: int = 0
    n_others: int = 0

    def texts(self, word: str) -> int:
        """All texts that hold a word."""
        return self.harmful[word] + self.others[word]

    def log_odds(self, word: str) -> float:
        """How much more of the harmful texts hold it than of the others: the natural logarithm of the ratio."""
        return math.log((self.harmful[word] + 0.5) / self.n_harmful) - math.log(
            (self.others[word] + 0.5) / self.n_others
        )


def count_words(train: Examples) -> WordCounts:
    """Count plain words in lower case, once a text."""
    columns = [index for index, category in enumerate(CATEGORIES) if category not in _NOT_HARM]
    harmful = (train.labels[:, columns] == 1).any(axis=1)
    counts = WordCounts(n_harmful=int(harmful.sum()), n_others=int(np.size(harmful) - harmful.sum()))
    for text, source, is_harmful in zip(train.texts, train.sources, harmful, strict=True):
        words = set(_WORD.findall(text.lower()))
        (counts.harmful if is_harmful else counts.others).update(words)
        for word in words:
            counts.sets[word].add(source)
    return counts


def read_profanity(ldnoobw: Path, surge: Path) -> set[str]:
    """The single words of both lexicons, in lower case.

    Args:
        ldnoobw: `en.gz`, one term a line.
        surge: `profanity_en.csv.gz`, with a column `text`.

    """
    with gzip.open(ldnoobw, "rt", encoding="utf-8") as lines:
        terms = {line.strip().lower() for line in lines}
    with gzip.open(surge, "rt", encoding="utf-8", newline="") as rows:
        terms |= {row["text"].strip().lower() for row in csv.DictReader(rows)}
    return {term for term in terms if term.isascii() and term.isalpha() and len(term) >= MIN_LETTERS_LISTED}


def word_lines(counts: WordCounts, vocabulary: Collection[str], profanity: Collection[str]) -> Iterator[str]:
    """The lines of `words.txt`: a word, then a mark where it has one; most frequent first, ties by name."""
    whole = {word for word in vocabulary if word.isascii() and word.isalpha() and word.islower()}
    chosen = {word for word in whole if counts.texts(word) >= max(MIN_TEXTS, MIN_TEXTS_SHORT.get(len(word), 0))}
    chosen |= {
        word
        for word, sets in counts.sets.items()
        if len(sets) >= MIN_SETS and counts.texts(word) >= max(MIN_TEXTS_BEYOND, MIN_TEXTS_SHORT.get(len(word), 0))
    }
    chosen |= {word for word in profanity if counts.texts(word) > 0} | {*SINGLE_LETTERS, *CHARGED}
    for word in sorted(chosen, key=lambda word: (-counts.texts(word), word)):
        yield word + _mark(word, counts, profanity)


def _mark(word: str, counts: WordCounts, profanity: Collection[str]) -> str:
    odds, n_harmful = counts.log_odds(word), counts.harmful[word]
    if word in profanity and odds >= MIN_LOG_ODDS_LISTED and n_harmful >= MIN_HARMFUL_PROFANE:
        return "" if word in SECOND_MEANINGS else PROFANE
    counted = odds >= MIN_LOG_ODDS and n_harmful >= MIN_HARMFUL and len(word) >= MIN_LETTERS_HARMFUL
    listed = word in profanity and odds >= MIN_LOG_ODDS_LISTED and word not in SECOND_MEANINGS
    return HARMFUL if counted or listed or word in CHARGED else ""
