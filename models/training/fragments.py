"""Fragments: a few words of a harmless text, as harmless as the whole.

Single words reach the training data from lists of swear words, and hardly from elsewhere. Words that are no harm by
themselves are what most short posts are made of.
"""

import random
from typing import Final

from models.runtime.undisguise.lexicon import lexicon

MAX_WORDS: Final = 4
_SIGNS: Final = ".,;:?!\"'()[]*"


def fragment(text: str, chance: random.Random) -> str:
    """One to four neighbouring words of a normalised text; the text itself where a word of harm is among them."""
    words = text.split(" ")
    length = chance.randint(1, MAX_WORDS)
    start = chance.randrange(max(1, len(words) - length + 1))
    chosen = words[start : start + length]
    known = lexicon()
    if any(known.is_harmful(word.strip(_SIGNS).lower()) for word in chosen):
        return text
    return " ".join(chosen)
