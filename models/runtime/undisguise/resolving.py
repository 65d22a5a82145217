"""Resolving: the word, or the words run together, that a string of letters stands for.

A string is looked up as it is, with stretched letters shortened (`haaaate`), with sounds spelt plainly (`phuck`), and
cut into words (`killyourself`). A cut counts only when it is sure: it holds a word of harm, and what holds it together
is another one or one of the most frequent words. Names such as `Dickinson` stay.
"""

import re
from functools import cache
from itertools import product
from math import log
from typing import Final

from models.runtime.undisguise.lexicon import Lexicon, lexicon

MAX_LETTERS: Final = 40
"""Longest string that is looked at; longer ones are no words."""
_MAX_RUNS: Final = 4
_MAX_PIECE: Final = 14
_MIN_CUT: Final = 6
_MAX_CUT: Final = 200
_HOLDING = (
    "you your yours yourself yourselves youre myself himself herself themselves they them their these those him her his"
    " hers she all every everyone everybody the are who what this that with for not and must should will gonna wanna"
    " please get"
)
_HOLDERS: Final = frozenset(_HOLDING.split())
"""Words of three letters and more that hold a cut together; others make compounds: `overkill`, `backstab`."""
_COMMON: Final = 4000
"""Rank up to which a word may be a piece at all."""
_SHORT = "i u a me my ur we he us it is to in of on am be do go im so no or"
_SHORT_PIECES: Final = frozenset(_SHORT.split())
_MAX_SHORT: Final = 2
_RUN: Final = re.compile(r"([a-z])\1+")
_LONG_RUN: Final = re.compile(r"([a-z])\1{2}")
_DOUBLED: Final = re.compile(r"([a-z])\1(?:ing|ed|er|ers|y)$")
"""As `rap` becomes `rapping`."""
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SOUNDS: Final = (("ph", "f"), ("vv", "w"), ("oo", "u"))
_MIN_ORDINARY: Final = 4
"""Fewest letters of a word that is not harmful and still is worth recovering."""


def resolve(letters: str, words: Lexicon) -> str | None:
    """What letters in lower case that came out of a disguise stand for; None where they are no word."""
    if len(letters) > MAX_LETTERS:
        return cut(letters, words)
    if words.is_word(letters):
        return letters
    return shorten(letters, words) or _respell(letters, words) or cut(letters, words)


def resolve_plain(word: str, words: Lexicon) -> str | None:
    """The same for a word of plain letters that was not disguised otherwise; None leaves it alone."""
    letters = word.lower()
    if len(letters) > MAX_LETTERS or words.is_word(letters):
        return None
    return (
        shorten(letters, words)
        or _respell(letters, words)
        or _cut_camel(word, words)
        or cut(letters, words, is_name=word.istitle())
    )


def shorten(letters: str, words: Lexicon) -> str | None:
    """Undo stretching: three letters in a row, or two where that gives a word of harm."""
    runs = list(_RUN.finditer(letters))
    if not runs or len(runs) > _MAX_RUNS:
        return None
    is_stretched = _LONG_RUN.search(letters) is not None
    if not is_stretched and _DOUBLED.search(letters) is not None:
        return None
    shorter = {_with_runs(letters, runs, lengths) for lengths in product((2, 1), repeat=len(runs))}
    found = [one for one in shorter if one in words.ranks and _is_worth(one, words, is_stretched=is_stretched)]
    if found:
        return min(found, key=words.rank)
    return min(filter(words.is_harmful, shorter), key=len, default=None) if is_stretched else None


def _is_worth(found: str, words: Lexicon, *, is_stretched: bool) -> bool:
    """Words of harm, and ordinary ones that are not interjections; where only a letter is doubled, profane ones."""
    if is_stretched:
        return found in words.harmful or len(found) >= _MIN_ORDINARY
    return found in words.profane and len(found) >= _MIN_ORDINARY


def _with_runs(letters: str, runs: list[re.Match[str]], lengths: tuple[int, ...]) -> str:
    """The letters, with every run of one letter as long as it is told."""
    parts: list[str] = []
    end = 0
    for run, length in zip(runs, lengths, strict=True):
        parts += [letters[end : run.start()], run[1] * length]
        end = run.end()
    return "".join(parts) + letters[end:]


def _respell(letters: str, words: Lexicon) -> str | None:
    """A word of harm in the spelling of its sound: `phuck`, `stoopid`, `bitchez`."""
    respelt = [letters.replace(*sound) for sound in _SOUNDS]
    if letters.endswith("z"):
        respelt.append(letters[:-1] + "s")
    for plain in respelt:
        if plain != letters and plain in words.harmful and len(plain) >= _MIN_ORDINARY:
            return plain
    return None


def _cut_camel(word: str, words: Lexicon) -> str | None:
    """`KillYourself`: capitals say where the words begin."""
    parts = [part.lower() for part in _CAMEL.split(word)]
    if len(parts) == 1 or not all(map(words.is_word, parts)) or not any(map(words.is_harmful, parts)):
        return None
    return " ".join(parts)


def cut(letters: str, words: Lexicon, *, is_name: bool = False) -> str | None:
    """Cut a string into the fewest and most frequent words, if it is sure that it is made of them."""
    if not _MIN_CUT <= len(letters) <= _MAX_CUT:
        return None
    pieces = _cheapest(letters, _cut_prices())
    return " ".join(pieces) if pieces and _is_sure(pieces, words, is_name=is_name) else None


def _cheapest(letters: str, prices: dict[str, float]) -> list[str] | None:
    """The pieces with the lowest total price that a string is made of; None where there are none."""
    best: list[tuple[float, int] | None] = [(0.0, 0)] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - _MAX_PIECE), end):
            before = best[start]
            if before is None:
                continue
            price = prices.get(letters[start:end])
            if price is None:
                continue
            found = best[end]
            if found is None or before[0] + price < found[0]:
                best[end] = (before[0] + price, start)
    pieces: list[str] = []
    end = len(letters)
    while end > 0:
        step = best[end]
        if step is None:
            return None
        pieces.append(letters[step[1] : end])
        end = step[1]
    return pieces[::-1]


@cache
def _cut_prices() -> dict[str, float]:
    """What each piece costs: few pieces first, then frequent ones."""
    words = lexicon()
    pieces = {word for word, rank in words.ranks.items() if rank < _COMMON or word in words.harmful}
    pieces = {piece for piece in pieces if len(piece) > _MAX_SHORT} | _SHORT_PIECES
    return {piece: 1.0 + words.rank(piece) / len(words.ranks) for piece in pieces}


def _is_sure(pieces: list[str], words: Lexicon, *, is_name: bool) -> bool:
    """A word of harm and one that holds it, or nothing but words of harm, one of them profane."""
    harmful = [piece for piece in pieces if piece in words.harmful]
    if not harmful or len(pieces) == 1:
        return False
    if len(harmful) == len(pieces):
        return not is_name and any(piece in words.profane for piece in pieces)
    holders = [piece for piece in pieces if piece in _HOLDERS]
    return any(not is_name or len(piece) >= _MIN_ORDINARY or piece == "you" for piece in holders)


_SEGMENT_COMMON: Final = 7000
_SEGMENT_SHORT: Final = _SHORT_PIECES | frozenset({"an", "at", "by", "if", "as", "up"})
_MEAN_LETTERS: Final = 3.0


def segment(letters: str) -> list[str] | None:
    """Cut a string into known words, whatever they mean: for rows of letters and texts that run words together."""
    if not _MIN_CUT <= len(letters) <= _MAX_CUT:
        return None
    pieces = _cheapest(letters, _segment_prices())
    return pieces if pieces and len(pieces) > 1 and len(letters) >= _MEAN_LETTERS * len(pieces) else None


@cache
def _segment_prices() -> dict[str, float]:
    """What each piece costs: frequent words first."""
    words = lexicon()
    return {
        word: log(rank + 20.0)
        for word, rank in words.ranks.items()
        if (len(word) > _MAX_SHORT or word in _SEGMENT_SHORT) and (rank < _SEGMENT_COMMON or word in words.harmful)
    }
