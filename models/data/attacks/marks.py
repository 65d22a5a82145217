"""Marks: accents, strokes and stacks of both on letters that have none."""

import random
from typing import Final

from models.data.attacks.targets import rewrite

TRAINING: Final = ("\u0301", "\u0308", "\u0336", "\u0332")
"""Acute, two dots, a stroke through, a line below."""
BENCHMARK: Final = tuple(
    map(chr, [*range(0x0310, 0x031C), 0x0334, 0x0337, *range(0x0346, 0x034F), 0x0489, 0x20E0, 0x20DD])
)
"""Marks above and below that no orthography stacks, other strokes, and circles around; none is in `TRAINING`."""


def mark(
    text: str, chance: random.Random, *, strength: float, signs: tuple[str, ...] = BENCHMARK, n_most: int = 4
) -> str:
    """Put one to `n_most` marks on every letter of `strength` of the words."""

    def change(word: str, chance: random.Random) -> str:
        return "".join(char + "".join(chance.choices(signs, k=chance.randint(1, n_most))) for char in word)

    return rewrite(text, chance, strength, change)
