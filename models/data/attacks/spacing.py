"""Spacing: `k i l l`, `k.i.l.l`, and words with signs put into them, as in `ki.ll`."""

import random
from typing import Final

from models.data.attacks.targets import rewrite

TRAINING: Final = (" ", ".", "-")
BENCHMARK: Final = ("_", "*", "·", "/", "|", "~", " . ", " - ", "\u2003", "\u00a0", "\u2800", "\u3000")
"""Other signs, signs between blanks, and other blanks; none is in `TRAINING`."""
TRAINING_PUNCTUATION: Final = (".", "-", "'")
BENCHMARK_PUNCTUATION: Final = (",", ";", "/", "~", "|", "_", "*", "`", "..", "--", "^", "+", "\\")


def space(text: str, chance: random.Random, *, strength: float, signs: tuple[str, ...] = BENCHMARK) -> str:
    """Set the letters of `strength` of the words apart, each word with one separator of its own.

    A word set apart with blanks stands between wider ones, as people write it, so that a reader sees where it ends.
    """

    def change(word: str, chance: random.Random) -> str:
        sign = chance.choice(signs)
        apart = sign.join(word)
        return f"  {apart}  " if sign.isspace() else apart

    return rewrite(text, chance, strength, change)


def punctuate(
    text: str,
    chance: random.Random,
    *,
    strength: float,
    signs: tuple[str, ...] = BENCHMARK_PUNCTUATION,
    n_most: int = 2,
) -> str:
    """Put a sign into one to `n_most` places inside of `strength` of the words."""

    def change(word: str, chance: random.Random) -> str:
        places = range(1, len(word))
        cuts = sorted(chance.sample(places, min(len(places), chance.randint(1, n_most))))
        pieces = (word[i:j] for i, j in zip([0, *cuts], [*cuts, len(word)], strict=True))
        return chance.choice(signs).join(pieces)

    return rewrite(text, chance, strength, change)
