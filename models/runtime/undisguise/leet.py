"""Leet: digits and signs that stand for letters, as in `h4te`, `sh!t`, `$tupid`, `|<ill`.

A sign has a few readings; every combination is looked up, in bounded number, and a word of harm wins over an ordinary
word. What could be ordinary stays: digits at an end of a word (`level5`, `5mile`), shares, models, versions.
"""

import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Final

from models.runtime.undisguise.lexicon import Lexicon
from models.runtime.undisguise.resolving import resolve

MAX_CHARS: Final = 40
_MAX_READINGS: Final = 96
SIGNS: Final[dict[str, tuple[str, ...]]] = {
    "0": ("o",),
    "1": ("i", "l"),
    "2": ("z",),
    "3": ("e",),
    "4": ("a",),
    "5": ("s",),
    "6": ("g", "b"),
    "7": ("t",),
    "8": ("b",),
    "9": ("g",),
    "@": ("a",),
    "$": ("s",),
    "!": ("i", "l"),
    "|": ("i", "l"),
    "+": ("t",),
    "(": ("c",),
    "<": ("c",),
    "[": ("c",),
    "{": ("c",),
    "€": ("e",),
    "£": ("l",),
    "¢": ("c",),
    "¥": ("y",),
    "§": ("s",),
    "¡": ("i",),
    "µ": ("u",),
    "×": ("x",),
    "°": ("o",),
    "|<": ("k",),
    "|{": ("k",),
    "()": ("o",),
    "[]": ("o",),
    "|-|": ("h",),
    "|\\|": ("n",),
    "|\\/|": ("m",),
    "/\\/\\": ("m",),
    "/\\": ("a",),
    "\\/\\/": ("w",),
    "\\/": ("v",),
    "|3": ("b",),
    "|)": ("d",),
    "|_|": ("u",),
    "(_)": ("u",),
    "|_": ("l",),
    "|=": ("f",),
    "][": ("i",),
    "ph": ("ph", "f"),
    "vv": ("vv", "w"),
}
_UNIT: Final = re.compile(
    "|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True) if len(sign) > 1) + "|.", re.DOTALL
)
_JOINED_SIGN: Final = re.compile(r"[|\\/][^\w\s]")
"""Two signs that draw a letter between them, which nobody writes otherwise."""
_ENDS: Final = re.compile(r"^[^a-z]+|[^a-z]+$")
_NUMERONYMS: Final = {
    "h8": "hate",
    "h8s": "hates",
    "h8r": "hater",
    "h8rs": "haters",
    "h8er": "hater",
    "h8ers": "haters",
    "h8ing": "hating",
    "h8ed": "hated",
    "h8d": "hated",
    "str8": "straight",
}
_MIN_LETTERS: Final = 3
_MIN_ORDINARY: Final = 4


def read_leet(word: str, words: Lexicon) -> str | None:
    """The word that signs and digits spell; None where they spell none, or one that could be a coincidence.

    Args:
        word: without the punctuation around it.
        words: to look up in.

    """
    low = word.lower()
    if low in _NUMERONYMS:
        return _NUMERONYMS[low]
    n_letters = sum(map(str.isalpha, low))
    if not 0 < n_letters < len(low) <= MAX_CHARS:
        return None
    units = _UNIT.findall(low)
    n_signs = sum(not unit.isalpha() for unit in units)
    if not n_signs or any(unit not in SIGNS and not unit.isalpha() for unit in units):
        return None
    rest = _ENDS.sub("", low)
    best: tuple[bool, int, str] | None = None
    for reading in _readings(units):
        found = resolve(reading, words)
        if found is None or not _is_deliberate(found, word, rest, n_letters, n_signs, words):
            continue
        key = (not _is_harm(found, words), words.rank(found), found)
        best = key if best is None else min(best, key)
    return None if best is None else best[2]


def _readings(units: list[str]) -> Iterator[str]:
    """What the units may spell, most usual letters first."""
    choices = [SIGNS.get(unit, (unit,)) for unit in units]
    return ("".join(reading) for reading in islice(product(*choices), _MAX_READINGS))


def _is_harm(found: str, words: Lexicon) -> bool:
    return " " in found or words.is_harmful(found)


def _is_deliberate(found: str, word: str, rest: str, n_letters: int, n_signs: int, words: Lexicon) -> bool:
    """Whether the signs were put there to be read as letters."""
    is_harmful = _is_harm(found, words)
    is_at_end = rest.isalpha() and rest in words.ranks and len(rest) > 1
    if is_at_end:
        if _JOINED_SIGN.match(word) is not None:
            return is_harmful
        is_sign = not (word[0].isdigit() or word[-1].isdigit())
        return found in words.profane and len(found) >= _MIN_ORDINARY and (is_sign or word[-1] == "5")
    if is_harmful:
        return len(found) >= _MIN_LETTERS and (n_letters >= n_signs or found in words.profane)
    is_cased = word.islower() or word.isupper() or word[1:].islower()
    if word[0] == "$" and word.isupper():
        return False
    return is_cased and len(found) >= _MIN_ORDINARY and n_letters > n_signs
