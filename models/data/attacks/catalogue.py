"""Catalogue: every attack by name, with the tables of training and those that are held out for the benchmark.

The two share no substitute, separator, sign or picture, where a family has any. The benchmark disguises most words of
content and training fewer; the benchmark also combines attacks, in pairs that augmentation never draws, and has
attacks that training does not know at all (`respelled` by other sounds, `fonts`, `entities`, whole texts in ROT13 or
backwards, other notations of bytes).
"""

import random
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

from models.data.attacks import emoji, homoglyphs, invisible, leet, marks, scripts, spacing, stars, typing_errors
from models.data.attacks.casing import alternate, scatter
from models.data.attacks.encoding import (
    rotate,
    rotate_words,
    to_base64,
    to_entities,
    to_full_percent,
    to_hex,
    to_parted_hex,
    to_percent,
    to_url_base64,
)
from models.data.attacks.joining import join
from models.data.attacks.reversing import reverse_order, reverse_text, reverse_words
from models.data.attacks.stretching import stretch

TRAINING_STRENGTH: Final = 0.35
BENCHMARK_STRENGTH: Final = 0.75
"""Share of the words of content that an attack disguises, where it works on words."""


class Attack(Protocol):
    """One way to disguise a text. Pure: the same text, chance and strength give the same answer."""

    def __call__(self, text: str, chance: random.Random, *, strength: float = ...) -> str:
        """The text disguised."""
        ...


class UnknownAttackError(ValueError):
    """No attack has this name."""


TRAINING_ATTACKS: Final[Mapping[str, Attack]] = MappingProxyType(
    {
        "leet": partial(leet.leet, strength=TRAINING_STRENGTH, table=leet.TRAINING, share=0.5),
        "homoglyphs": partial(homoglyphs.homoglyphs, strength=TRAINING_STRENGTH, table=homoglyphs.TRAINING, share=0.4),
        "fonts": partial(homoglyphs.homoglyphs, strength=TRAINING_STRENGTH, table=homoglyphs.TRAINING_FONTS, share=1.0),
        "mixed-scripts": partial(scripts.mix_scripts, strength=TRAINING_STRENGTH, table=scripts.TRAINING),
        "invisible": partial(invisible.hide, strength=TRAINING_STRENGTH, signs=invisible.TRAINING, share=0.5),
        "combining": partial(marks.mark, strength=TRAINING_STRENGTH, signs=marks.TRAINING, n_most=1),
        "spaced": partial(spacing.space, strength=TRAINING_STRENGTH, signs=spacing.TRAINING),
        "punctuation": partial(
            spacing.punctuate, strength=TRAINING_STRENGTH, signs=spacing.TRAINING_PUNCTUATION, n_most=1
        ),
        "joined": partial(join, strength=TRAINING_STRENGTH, n_most=2, hashtags=0.0),
        "repeated": partial(stretch, strength=TRAINING_STRENGTH, n_least=3, n_most=4, share=0.25),
        "stars": partial(stars.star, strength=TRAINING_STRENGTH, signs=stars.TRAINING, n_most=1),
        "emoji-letters": partial(
            emoji.picture_letters, strength=TRAINING_STRENGTH, table=emoji.TRAINING_LETTERS, share=0.3
        ),
        "emoji-words": partial(emoji.picture_words, strength=TRAINING_STRENGTH, table=emoji.TRAINING_PICTURES),
        "typos": partial(
            typing_errors.mistype, strength=TRAINING_STRENGTH, keys=typing_errors.TRAINING_KEYS, inside=True
        ),
        "respelled": partial(typing_errors.respell, strength=TRAINING_STRENGTH, sounds=typing_errors.TRAINING_SOUNDS),
        "casing": alternate,
        "base64": to_base64,
        "hex": to_hex,
        "percent": to_percent,
        "rot13": partial(rotate_words, strength=TRAINING_STRENGTH),
        "reversed-text": reverse_order,
        "reversed-words": partial(reverse_words, strength=TRAINING_STRENGTH),
    }
)

BENCHMARK_ATTACKS: Final[Mapping[str, Attack]] = MappingProxyType(
    {
        "leet": partial(leet.leet, strength=BENCHMARK_STRENGTH),
        "leet-signs": partial(leet.leet, strength=BENCHMARK_STRENGTH, table=leet.BENCHMARK_SIGNS),
        "homoglyphs": partial(homoglyphs.homoglyphs, strength=BENCHMARK_STRENGTH),
        "fonts": partial(
            homoglyphs.homoglyphs, strength=BENCHMARK_STRENGTH, table=homoglyphs.BENCHMARK_FONTS, share=1.0
        ),
        "mixed-scripts": partial(scripts.mix_scripts, strength=BENCHMARK_STRENGTH),
        "invisible": partial(invisible.hide, strength=BENCHMARK_STRENGTH),
        "combining": partial(marks.mark, strength=BENCHMARK_STRENGTH),
        "spaced": partial(spacing.space, strength=BENCHMARK_STRENGTH),
        "punctuation": partial(spacing.punctuate, strength=BENCHMARK_STRENGTH),
        "joined": partial(join, strength=BENCHMARK_STRENGTH),
        "repeated": partial(stretch, strength=BENCHMARK_STRENGTH),
        "stars": partial(stars.star, strength=BENCHMARK_STRENGTH),
        "emoji-letters": partial(emoji.picture_letters, strength=BENCHMARK_STRENGTH),
        "emoji-words": partial(emoji.picture_words, strength=BENCHMARK_STRENGTH),
        "typos": partial(typing_errors.mistype, strength=BENCHMARK_STRENGTH),
        "respelled": partial(typing_errors.respell, strength=BENCHMARK_STRENGTH),
        "casing": partial(scatter, strength=0.5),
        "entities": partial(to_entities, strength=BENCHMARK_STRENGTH),
        "base64": to_url_base64,
        "hex": to_parted_hex,
        "percent": to_full_percent,
        "rot13": rotate,
        "reversed-text": reverse_text,
        "reversed-words": partial(reverse_words, strength=BENCHMARK_STRENGTH),
    }
)

BENCHMARK_PAIRS: Final = (
    ("leet", "repeated"),
    ("leet", "casing"),
    ("homoglyphs", "invisible"),
    ("homoglyphs", "leet"),
    ("fonts", "spaced"),
    ("mixed-scripts", "combining"),
    ("invisible", "punctuation"),
    ("repeated", "spaced"),
    ("stars", "casing"),
    ("stars", "joined"),
    ("emoji-words", "leet"),
    ("typos", "homoglyphs"),
    ("respelled", "invisible"),
    ("reversed-text", "fonts"),
    ("leet", "base64"),
)
"""Two attacks one after the other, in this order."""


def attack(text: str, name: str, chance: random.Random, strength: float | None = None) -> str:
    """Disguise a text with an attack of the benchmark.

    Args:
        text: any.
        name: of `BENCHMARK_ATTACKS`.
        chance: decides; the same seed gives the same answer.
        strength: share of the words of content, in (0, 1]; None for the benchmark's own.

    Raises:
        UnknownAttackError: no attack has this name.

    """
    if name not in BENCHMARK_ATTACKS:
        raise UnknownAttackError(f"no attack is called {name!r}; there are {', '.join(BENCHMARK_ATTACKS)}")
    chosen = BENCHMARK_ATTACKS[name]
    return chosen(text, chance) if strength is None else chosen(text, chance, strength=strength)
