"""Invisible characters: put between letters, they change the text and not its looks."""

import random
from typing import Final

from models.data.attacks.targets import rewrite

TRAINING: Final = ("\u200b", "\u00ad", "\u200c")
"""Zero-width space, soft hyphen, zero-width non-joiner."""
_TAGS = tuple(chr(0xE0000 + ord(letter)) for letter in "aeistx")
BENCHMARK: Final = (
    "\u200d",
    "\u2060",
    "\u2063",
    "\u034f",
    "\u180e",
    "\u3164",
    "\uffa0",
    "\ufe00",
    "\U000e0101",
    *_TAGS,
)
"""Joiners, fillers of Hangul, selectors of variants and tags: none is in `TRAINING`."""


def hide(
    text: str, chance: random.Random, *, strength: float, signs: tuple[str, ...] = BENCHMARK, share: float = 0.7
) -> str:
    """Put invisible characters into `share` of the gaps between letters in `strength` of the words."""

    def change(word: str, chance: random.Random) -> str:
        hidden = (char + chance.choice(signs) if chance.random() < share else char for char in word[1:-1])
        return word[0] + chance.choice(signs) + "".join(hidden) + word[-1]

    return rewrite(text, chance, strength, change)
