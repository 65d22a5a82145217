"""Targets: which words of a text an attacker disguises.

Nobody disguises `the`. Words of content come first, longer ones more often than shorter ones, and masks that
normalisation wrote for users and addresses are left alone.
"""

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from models.data.attacks.tables import Table

Change = Callable[[str, random.Random], str]
"""Rewrites one word."""

MIN_LETTERS: Final = 3
"""Letters of a word worth disguising."""

_CHUNK: Final = re.compile(r"\S+")
_EDGE: Final = ".,!?;:\"'()[]{}<>…"
_MASKED: Final = ("@", "http", "www.")
_STOP_WORDS: Final = frozenset(
    """
    about after again all also and any are aren't because been before being but can can't cannot could did didn't does
    doesn't doing don't down each else even ever every few for from get gets getting going got had has hasn't have
    haven't having he's her here hers him his how i'd i'll i'm i've into isn't it's its just let's like make many
    maybe more most much must near never not now off once one only other our ours out over own really same see she
    she's should since some still such than that that's the their them then there there's these they they're this
    those though through too under until upon very was wasn't way we're well went were weren't what what's when where
    which while who who's whom whose why will with won't would yes yet you you'd you'll you're you've your yours
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Target:
    """A word of a text, without the punctuation around it.

    Attributes:
        start, end: its characters.
        word: the text between them.

    """

    start: int
    end: int
    word: str


def targets(text: str) -> list[Target]:
    """Every word that may be disguised, in reading order: three letters or more, not a mask."""
    found: list[Target] = []
    for chunk in _CHUNK.finditer(text):
        whole = chunk.group()
        if whole.lower().startswith(_MASKED):
            continue
        word = whole.lstrip(_EDGE)
        start = chunk.end() - len(word)
        word = word.rstrip(_EDGE)
        if sum(map(str.isalpha, word)) >= MIN_LETTERS:
            found.append(Target(start, start + len(word), word))
    return found


def is_content(word: str) -> bool:
    """Whether a word says something, by a small list of those that do not."""
    return word.lower() not in _STOP_WORDS


def choose(candidates: list[Target], chance: random.Random, strength: float) -> list[Target]:
    """Some of the words, at least one where there is any, in reading order.

    Words of content if there are any, drawn without replacement with their length as weight.
    Source: Efraimidis & Spirakis (2006), "Weighted random sampling with a reservoir".

    Args:
        candidates: what to choose from.
        chance: decides.
        strength: share of the words, in (0, 1].

    """
    words = [target for target in candidates if is_content(target.word)] or candidates
    n = min(len(words), max(1, math.ceil(strength * len(words) - 0.5)))
    drawn = sorted(words, key=lambda target: chance.random() ** (1.0 / len(target.word)), reverse=True)[:n]
    return sorted(drawn, key=lambda target: target.start)


def rewrite(text: str, chance: random.Random, strength: float, change: Change) -> str:
    """The text with some of its words changed, everything else as it was."""
    parts: list[str] = []
    end = 0
    for target in choose(targets(text), chance, strength):
        parts += [text[end : target.start], change(target.word, chance)]
        end = target.end
    return "".join([*parts, text[end:]])


def some(positions: list[int], chance: random.Random, share: float) -> list[int]:
    """Some of the positions of a word, at least one where there is any, rising."""
    n = min(len(positions), max(1, round(share * len(positions))))
    return sorted(chance.sample(positions, n))


def substitute(word: str, table: Table, chance: random.Random, share: float) -> str:
    """A word with some of its letters replaced; a table's keys are lower case."""
    chars = list(word)
    known = [i for i, char in enumerate(chars) if char.lower() in table]
    for i in some(known, chance, share):
        chars[i] = chance.choice(table[chars[i].lower()])
    return "".join(chars)
