"""Misspelling: a word with one letter wrong, written as it sounds, or written backwards.

An unknown word is compared with every known one at a distance of one edit (a letter lost, added, changed, or two
neighbours swapped), by way of an index of words with a letter taken out, and by a key of how it sounds.

Source: deletion indices for spelling are Garbe's (SymSpell, 2012); the key is ours, in the manner of Metaphone.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from models.runtime.undisguise.core import core
from models.runtime.undisguise.lexicon import Lexicon, lexicon

_COMMON: Final = 9000
"""Rank up to which an ordinary word may have been meant."""
_MIN_LETTERS: Final = 4
_MAX_LETTERS: Final = 24
_LONG: Final = 6
_VOWELS: Final = frozenset("aeiou")
_ROWS: Final = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))
_KEYS: Final = {char: (at + shift, row) for row, (keys, shift) in enumerate(_ROWS) for at, char in enumerate(keys)}
_REACH: Final = 1.1
_BESIDE: Final = {
    one: frozenset(other for other, (at, row) in _KEYS.items() if abs(at - x) < _REACH and abs(row - y) < _REACH)
    for one, (x, y) in _KEYS.items()
}
"""The keys around each key."""
_SOUNDS: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("^(?:kn|gn)", "n"),
        ("^wh(?=o)", "h"),
        ("^wh", "w"),
        ("^wr", "r"),
        ("^ps", "s"),
        (r"(.)\1{2,}", r"\1\1"),
        ("z", "s"),
        ("ah(?=[a-z])", "a"),
        ("ea|ee|ie|ei|ey|y", "i"),
        ("ph|v(?=v)", "f"),
        ("tch", "C"),
        ("ch", "C"),
        ("sch?(?=[eiy])", "s"),
        ("sh", "S"),
        ("x|[ck]s(?=[^h]|$)", "ks"),
        ("c(?=[eiy])", "s"),
        ("ck|[cq]", "k"),
        ("dg(?=[eiy])", "j"),
        ("gh(?=t|$)", ""),
        ("(?<=[a-z])e(?=(?:[sd]|ful|less|ly)?$)", ""),
        ("ew|oo|ou|u", "u"),
        ("ai|ay", "a"),
        ("[aeiou]+r", "r"),
        ("o[aw]|oe", "o"),
        (r"(.)\1+", r"\1"),
    )
)


def sound(word: str) -> str:
    """How a word in lower case sounds, roughly; words that sound the same have the same key."""
    for pattern, key in _SOUNDS:
        word = pattern.sub(key, word)
    return word


@cache
def _near() -> dict[str, tuple[str, ...]]:
    """Known words by themselves with one letter out, and as they are."""
    words = lexicon()
    found: dict[str, list[str]] = {}
    for word in _meant(words):
        for shorter in {word, *_deletions(word)}:
            found.setdefault(shorter, []).append(word)
    return {shorter: tuple(near) for shorter, near in found.items()}


@cache
def _sounding() -> dict[str, str]:
    """The most frequent word of harm, or else the most frequent word, by its sound."""
    words = lexicon()
    found: dict[str, str] = {}
    for word in sorted(_meant(words), key=lambda one: (one not in core(), words.rank(one))):
        found.setdefault(sound(word), word)
    return found


def _meant(words: Lexicon) -> Iterable[str]:
    return [
        word for word, rank in words.ranks.items() if len(word) >= _MIN_LETTERS and (rank < _COMMON or word in core())
    ]


def _deletions(word: str) -> Iterator[str]:
    return (word[:place] + word[place + 1 :] for place in range(len(word)))


def same_sound(word: str) -> str | None:
    """The known word that an unknown one sounds like."""
    if not _MIN_LETTERS - 1 <= len(word) <= _MAX_LETTERS:
        return None
    found = _sounding().get(sound(word))
    return found if found is not None and found[0] in (word[0], *_FIRST.get(word[0], "")) else None


_FIRST: Final = {"p": "f", "k": "cqk", "c": "ks", "z": "s", "j": "g", "s": "cp", "e": "i", "i": "e", "h": "w", "f": "p"}
"""First letters that may stand for other ones."""


def nearest(word: str, words: Lexicon) -> str | None:
    """The known word one slip away: two letters swapped before all others, and the most frequent one."""
    if not _MIN_LETTERS - 1 <= len(word) <= _MAX_LETTERS:
        return None
    near = _near()
    shorter = {word, *_deletions(word)}
    found = {
        known
        for one in shorter
        for known in near.get(one, ())
        if abs(len(known) - len(word)) <= 1 and is_one_edit(word, known)
    }
    found = {known for known in found if _is_slip(word, known)}
    return min(found, key=lambda known: (sorted(known) != sorted(word), words.rank(known)), default=None)


def _is_slip(word: str, known: str) -> bool:
    """Whether fingers slip so: a changed letter lies beside the right one, is a vowel for a vowel, or one of many."""
    if len(word) != len(known):
        return word[0] == known[0] or known[1:] == word or word[1:] == known
    changed = [(one, other) for one, other in zip(word, known, strict=True) if one != other]
    if len(changed) != 1:
        return True
    one, other = changed[0]
    is_first = word[0] != known[0]
    return other in _BESIDE[one] or (not is_first and (_VOWELS.issuperset({one, other}) or len(word) >= _LONG))


def is_one_edit(one: str, other: str) -> bool:
    """Whether one letter lost, added or changed, or two neighbours swapped, makes a word the other."""
    if len(one) > len(other):
        one, other = other, one
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    is_swap = one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
    return is_swap or one[start + 1 :] == other[start + 1 :]


def backwards(word: str, words: Lexicon) -> str | None:
    """The known word of four letters and more that an unknown one is backwards."""
    turned = word[::-1]
    return turned if len(turned) >= _MIN_LETTERS and turned in words.ranks else None
