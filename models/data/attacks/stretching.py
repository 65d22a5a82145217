"""Stretching: letters repeated, as in `kiiiill`."""

import random

from models.data.attacks.targets import rewrite, some


def stretch(
    text: str, chance: random.Random, *, strength: float, n_least: int = 4, n_most: int = 9, share: float = 0.5
) -> str:
    """Repeat `share` of the letters `n_least` to `n_most` times in `strength` of the words."""

    def change(word: str, chance: random.Random) -> str:
        chars = list(word)
        for i in some([i for i, char in enumerate(chars) if char.isalpha()], chance, share):
            chars[i] *= chance.randint(n_least, n_most)
        return "".join(chars)

    return rewrite(text, chance, strength, change)
