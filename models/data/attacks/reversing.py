"""Reversing: texts and words written backwards."""

import random

from models.data.attacks.targets import rewrite


def reverse_text(text: str, chance: random.Random, *, strength: float = 1.0) -> str:
    """The last character first."""
    del chance, strength
    return text[::-1]


def reverse_order(text: str, chance: random.Random, *, strength: float = 1.0) -> str:
    """The last word first, every word as it was."""
    del chance, strength
    return " ".join(reversed(text.split(" ")))


def reverse_words(text: str, chance: random.Random, *, strength: float) -> str:
    """`strength` of the words backwards, each in its place."""
    return rewrite(text, chance, strength, lambda word, _: word[::-1])
