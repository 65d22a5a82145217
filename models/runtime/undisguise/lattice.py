"""Lattice: the cheapest known word that the characters of a disguised one spell, however its disguises are combined.

Every character has a few readings (`shapes`): the letter it looks like, nothing, any letter. The search walks along the
word, keeps the cheapest of the beginnings that known words have, and lets stretched letters count once.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from models.runtime.undisguise.lexicon import Lexicon, lexicon
from models.runtime.undisguise.shapes import Reading, readings

MAX_CHARS: Final = 40
_WIDTH: Final = 48
"""Beginnings that are kept at each place."""
_REPEATED: Final = 0.25
_RARE: Final = 0.9
"""What the least frequent word costs more than the most frequent."""
_HARM: Final = 0.6
_MIN_LETTERS: Final = 3

States = dict[str, tuple[float, int]]
"""Beginnings of words, with what they cost and how many of their letters were guessed."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """A word, and how many of its letters were only guessed."""

    word: str
    cost: float
    n_guessed: int


@cache
def _next_letters() -> dict[str, str]:
    """The letters that may follow every beginning of a word."""
    found: dict[str, set[str]] = {}
    for word in lexicon().ranks:
        for place, char in enumerate(word):
            found.setdefault(word[:place], set()).add(char)
    return {start: "".join(sorted(chars)) for start, chars in found.items()}


def spell(word: str, words: Lexicon) -> Spelling | None:
    """The known word of three letters or more that lower-case characters spell best; None where they spell none."""
    if not 1 < len(word) <= MAX_CHARS:
        return None
    states: list[States] = [{} for _ in range(len(word) + 1)]
    states[0][""] = (0.0, 0)
    for place in range(len(word)):
        if states[place]:
            _advance(states, place, readings(word, place))
    found = [
        Spelling(one, cost + _prior(one, words), n_guessed)
        for one, (cost, n_guessed) in states[-1].items()
        if len(one) >= _MIN_LETTERS and one in words.ranks
    ]
    return min(found, key=lambda spelling: (spelling.cost, spelling.word), default=None)


def _prior(word: str, words: Lexicon) -> float:
    """What a word costs before anything was seen of it."""
    return _RARE * words.rank(word) / len(words.ranks) - (_HARM if word in words.harmful else 0.0)


def _advance(states: list[States], place: int, options: list[Reading]) -> None:
    """Take every reading of the characters at a place, from each of the cheapest beginnings that lead there."""
    following = _next_letters()
    for start, (cost, n_guessed) in sorted(states[place].items(), key=lambda state: (state[1], state[0]))[:_WIDTH]:
        allowed = following.get(start, "")
        for length, letter, price in options:
            reached = states[place + length]
            if letter is None:
                for char in allowed:
                    _keep(reached, start + char, cost + price, n_guessed + 1)
            elif not letter:
                _keep(reached, start, cost + price, n_guessed)
            else:
                if letter in allowed:
                    _keep(reached, start + letter, cost + price, n_guessed)
                if start and start[-1] == letter:
                    _keep(reached, start, cost + price + _REPEATED, n_guessed)


def _keep(states: States, start: str, cost: float, n_guessed: int) -> None:
    known = states.get(start)
    if known is None or (cost, n_guessed) < known:
        states[start] = (cost, n_guessed)
