"""Lexicon: the words that a disguise may hide, read once from the lists that ship beside this module.

Source: `models.data.wordlist` wrote the words and names where they are from (BERT's vocabulary, Apache-2.0; Surge AI's
obscenity list, MIT; LDNOOBW, CC BY 4.0), and `models.data.emoji_names` the names of emoji (Unicode CLDR).
`ordinary.txt` holds words of Webster's second edition (1934, public domain, the list "web2"),
and regular forms of common words, that lie near a word of harm.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_DATA: Final = Path(__file__).parent
_MIN_STEM: Final = 3
_PROFANE: Final = "*"
_HARMFUL: Final = "+"
_SUFFIXES: Final = (
    "s",
    "es",
    "ed",
    "er",
    "ers",
    "ing",
    "in",
    "y",
    "ish",
    "ness",
    "hole",
    "holes",
    "head",
    "heads",
    "face",
)

_AROUND = (
    "s t d m ll re ve don doesn didn isn wasn aren weren ain couldn shouldn wouldn won haven hasn hadn mustn needn"
    " st nd rd th x vs am pm km kg mp"
)
FRAGMENTS: Final = frozenset(_AROUND.split())
"""What ordinary text has around an apostrophe or after a number."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words by how frequent they are.

    Attributes:
        ranks: every word, with its place by frequency.
        harmful: words that disguises hide, profanity among them.
        profane: words that people mask with stars.
        masked: `profane`, and after them `harmful`, by length and first letter, most frequent first.
        respelt: words of harm that spell another one with `ph` for f: `phuck`.
        pieces: words and fragments as ASCII bytes: a text of nothing else holds no disguised word.

    """

    ranks: dict[str, int]
    harmful: frozenset[str]
    profane: frozenset[str]
    masked: dict[tuple[int, str], tuple[str, ...]]
    respelt: dict[str, str]
    pieces: frozenset[bytes]

    def is_word(self, word: str) -> bool:
        """Whether a string in lower case is a word itself, a harmful one with an ending among them."""
        return word in self.ranks or self.is_harmful(word)

    def is_harmful(self, word: str) -> bool:
        """Whether it is a word of harm, or one with an ending."""
        return word in self.harmful or any(
            word.endswith(suffix) and self._is_stem(word[: -len(suffix)]) for suffix in _SUFFIXES
        )

    def _is_stem(self, stem: str) -> bool:
        """Long enough to be sure, and with the last letter doubled or an e dropped before the ending."""
        if len(stem) < _MIN_STEM:
            return False
        undoubled = stem[:-1] if stem[-1] == stem[-2] else stem
        return any(one in self.harmful and len(one) > _MIN_STEM for one in (stem, undoubled, stem + "e"))

    def rank(self, word: str) -> int:
        """Its place by frequency; a word with an ending comes last."""
        return self.ranks.get(word, len(self.ranks))


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships."""
    lines = (_DATA / "words.txt").read_text(encoding="ascii").split()
    words = [line.rstrip(_PROFANE + _HARMFUL) for line in lines]
    profane = [word for word, line in zip(words, lines, strict=True) if line.endswith(_PROFANE)]
    others = [word for word, line in zip(words, lines, strict=True) if line.endswith(_HARMFUL)]
    masked: dict[tuple[int, str], list[str]] = {}
    for word in profane + others:
        masked.setdefault((len(word), word[0]), []).append(word)
    harmful = frozenset(profane + others)
    respelt = {word: word.replace("ph", "f") for word in harmful if "ph" in word and word.replace("ph", "f") in harmful}
    return Lexicon(
        ranks={word: rank for rank, word in enumerate(words)},
        harmful=harmful,
        profane=frozenset(profane),
        masked={place: tuple(found) for place, found in masked.items()},
        respelt=respelt,
        pieces=frozenset(word.encode() for word in (*words, *FRAGMENTS) if word not in respelt),
    )


@cache
def ordinary() -> frozenset[str]:
    """Rare words that are one letter, a sound or a turn away from a word of harm."""
    return frozenset((_DATA / "ordinary.txt").read_text(encoding="ascii").split())


@cache
def emoji_names() -> dict[str, str]:
    """What each emoji is called, by its characters without skin tone and selectors."""
    lines = (_DATA / "emoji.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)
