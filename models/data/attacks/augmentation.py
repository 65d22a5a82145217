"""Augmentation: training texts as people disguise them, so that a model reads what is left after normalisation.

Only attacks that leave something for the model: what normalisation takes away anyway (invisible characters, fonts,
casing for an uncased model) would cost a row and teach nothing, and a text in base64 or backwards would teach that
noise is harmful.
"""

import random
from typing import Final

from models.data.attacks.catalogue import TRAINING_ATTACKS
from models.runtime.normalization import normalize

WEIGHTS: Final = {
    "leet": 3.0,
    "homoglyphs": 1.5,
    "mixed-scripts": 1.0,
    "combining": 1.0,
    "spaced": 1.5,
    "punctuation": 1.5,
    "joined": 1.5,
    "repeated": 1.5,
    "stars": 3.0,
    "emoji-letters": 1.0,
    "emoji-words": 3.0,
    "typos": 3.0,
    "respelled": 2.0,
    "reversed-words": 0.5,
}
"""How often an attack is drawn: what people do most comes most."""
SECOND: Final = 0.25
"""Share of the texts with two attacks."""
MILD: Final = 0.1
STRONG: Final = 0.7
"""Range of the share of words that one attack disguises: in most texts some of what carries the label stays."""

_NAMES: Final = tuple(WEIGHTS)
_SHARES: Final = tuple(WEIGHTS.values())


def augment(text: str, rng: random.Random) -> str:
    """Disguise a text of the training data a little; its labels stay true.

    Args:
        text: as `models.runtime.normalization.normalize` writes it.
        rng: decides; the same seed gives the same answer.

    Returns:
        The disguised text, normalised again: the spelling that serving sees. The text itself where there is no word,
        or where nothing would be left.

    """
    names = rng.choices(_NAMES, _SHARES, k=2 if rng.random() < SECOND else 1)
    disguised = text
    for name in dict.fromkeys(names):
        strength = rng.uniform(MILD, STRONG) / len(names)
        disguised = TRAINING_ATTACKS[name](disguised, rng, strength=strength)
    return normalize(disguised) or text
