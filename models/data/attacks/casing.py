"""Casing: capitals where nobody expects them."""

import random


def alternate(text: str, chance: random.Random, *, strength: float = 1.0) -> str:
    """Every other letter a capital, beginning with either; `strength` has no say, the whole text is written so."""
    del strength
    first = chance.randrange(2)
    return "".join(char.upper() if i % 2 == first else char.lower() for i, char in enumerate(text))


def scatter(text: str, chance: random.Random, *, strength: float) -> str:
    """Turn the case of `strength` of the characters, here and there."""
    return "".join(char.swapcase() if chance.random() < strength else char for char in text)
