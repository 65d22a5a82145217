"""Masks: letters that are blotted out, as in `f*ck`, `b**ch`, `f###`, `sh-t`, filled where one word fits best.

People mask profanity, so that is what a pattern is compared with first, the most frequent word first; another word of
harm fits when most of its letters are there. Emphasis (`*so*`), footnotes (`word*`) and arithmetic stay.
"""

import re
from typing import Final

from models.runtime.undisguise.lexicon import Lexicon

MAX_CHARS: Final = 24
MASKS: Final = "*#%^&~•·●█■□▮▯†＊＃✱✻∗⋆★☆"
_SOFT: Final = "-_.'"
"""Signs that stand between words, too: only one letter, and only of a profane word of which three are there."""
_MASKED: Final = re.compile(rf"(?=.*[a-z])[a-z{re.escape(MASKS)}]*[{re.escape(MASKS)}][a-z{re.escape(MASKS)}]*")
_SOFTLY: Final = re.compile(rf"[a-z]+[{re.escape(_SOFT)}][a-z]+")
_NOT_LETTER: Final = re.compile("[^a-z]")
_RUN: Final = re.compile("[^a-z]+")
_MIN_SHOWN: Final = 3
_MIN_LETTERS: Final = 3
_BLOT: Final = re.compile("[^a-z&+^~%].*[^a-z&+^~%]|[*#]")
"""Two signs, or one that is nothing else: `S&H` and `x^2` are ordinary."""
_OFTEN: Final = 2500
"""Rank from which a word is too rare to be known by one letter: `w****`."""
_OFTENEST: Final = 340
"""The same for a capital, behind which a name may be hidden: `J***`."""
_STRETCH: Final = 3
"""Letters that one run of signs may stand for beyond its own number."""


def fill_mask(word: str, words: Lexicon) -> str | None:
    """The word that a masked one is; None where none fits, or it may be ordinary."""
    low = word.lower()
    if not _MIN_LETTERS <= len(low) <= MAX_CHARS:
        return None
    if _SOFTLY.fullmatch(low) is not None:
        return _fill_softly(low, words)
    if _MASKED.fullmatch(low) is None or not low[0].isalpha() or (low[-1] in MASKS and low[-2].isalpha()):
        return None
    n_shown = len(_NOT_LETTER.sub("", low))
    if n_shown < _MIN_SHOWN and _BLOT.search(low) is None:
        return None
    fitting = _fitting(low, len(low), words)
    if fitting is None and n_shown > 1 and "*" in low:
        fitting = _stretched(low, words)
    return fitting if fitting is not None and _is_shown(fitting, n_shown, words, is_capital=low != word) else None


def _is_shown(fitting: str, n_shown: int, words: Lexicon, *, is_capital: bool) -> bool:
    """Whether as many letters as are shown can only mean this word."""
    if n_shown == 1 and words.rank(fitting) > (_OFTENEST if is_capital else _OFTEN):
        return False
    return fitting in words.profane or (n_shown >= _MIN_SHOWN and 2 * n_shown >= len(fitting))


def _fill_softly(low: str, words: Lexicon) -> str | None:
    left, right = _RUN.split(low)
    if len(low) <= _MIN_SHOWN or (left in words.ranks and right in words.ranks and len(left) > 1 and len(right) > 1):
        return None
    if left + right in words.profane:
        return left + right
    found = _fitting(low, len(low), words)
    return found if found in words.profane else None


def _fitting(low: str, length: int, words: Lexicon) -> str | None:
    """The first word of that length that agrees in every letter shown."""
    shown = [(place, char) for place, char in enumerate(low) if char.isalpha()]
    for word in words.masked.get((length, low[0]), ()):
        if all(word[place] == char for place, char in shown):
            return word
    return None


def _stretched(low: str, words: Lexicon) -> str | None:
    """The first word that fits when a single run of signs stands for more or fewer letters than it has."""
    runs = list(_RUN.finditer(low))
    if len(runs) != 1 or runs[0].end() == len(low):
        return None
    left, right = low[: runs[0].start()], low[runs[0].end() :]
    shown = len(left) + len(right)
    fitting = [
        word
        for length in range(shown + 1, shown + len(runs[0][0]) + _STRETCH + 1)
        for word in words.masked.get((length, low[0]), ())
        if word in words.profane and word.startswith(left) and word.endswith(right)
    ]
    return min(fitting, key=words.rank, default=None)
