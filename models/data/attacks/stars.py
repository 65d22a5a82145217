"""Stars: letters inside a word covered, as in `f*ck`. First and last letter stay, or nobody could read it."""

import random
from typing import Final

from models.data.attacks.targets import rewrite

TRAINING: Final = ("*", "**")
BENCHMARK: Final = ("#", "_", "●", "×", "█", "✱", "•", "?", "★", "%")
"""Other signs; none is in `TRAINING`."""

_VOWELS: Final = frozenset("aeiouyAEIOUY")


def star(
    text: str, chance: random.Random, *, strength: float, signs: tuple[str, ...] = BENCHMARK, n_most: int = 2
) -> str:
    """Cover a vowel, and in words of five letters or more up to `n_most` letters, in `strength` of the words."""

    def change(word: str, chance: random.Random) -> str:
        inside = range(1, len(word) - 1)
        vowels = [i for i in inside if word[i] in _VOWELS]
        chars, sign = list(word), chance.choice(signs)
        covered = [chance.choice(vowels or list(inside))]
        if n_most > 1 and len(word) >= 5 and chance.random() < 0.5:  # noqa: PLR2004 - half of the longer words
            covered.append(chance.choice(list(inside)))
        for i in covered:
            chars[i] = sign
        return "".join(chars)

    return rewrite(text, chance, strength, change)
