"""Typing errors made on purpose, and words spelled as they sound."""

import random
from typing import Final

from models.data.attacks.tables import Table, by_letter, by_line
from models.data.attacks.targets import rewrite


def _beside(*rows: str) -> Table:
    """Letters left and right of a letter on a keyboard."""
    return {key: tuple(row[max(0, i - 1) : i] + row[i + 1 : i + 2]) for row in rows for i, key in enumerate(row)}


TRAINING_KEYS: Final = _beside("qwertyuiop", "asdfghjkl", "zxcvbnm")
BENCHMARK_KEYS: Final = by_letter(
    "qa was esd rdf tfg ygh uhj ijk okl pl aqz swx dec frv gtb hyn jum ki lo za xs cd vf bg nh mj"
)
"""Keys above and below, where `TRAINING_KEYS` has those beside."""
TRAINING_SOUNDS: Final = by_line(
    """
    ck c = k
    ph = f
    er = a
    ing = in
    th = d
    ight = ite
    ou = u
    s = z
    """
)
BENCHMARK_SOUNDS: Final = by_line(
    """
    ck = q kk
    ll = ul
    tch = ch
    ch = tch
    qu = kw
    x = cks
    f = ph
    ee = ea
    ea = ee
    oo = ew
    ai = ay
    ss = sz
    le = el
    y = ie
    i = ee y
    u = uh oo
    k = ck q
    t = tt
    o = oh
    a = ah
    e = eh
    """
)
"""Other spellings of sounds. The first sound of the table that a word has is written anew."""


def mistype(
    text: str, chance: random.Random, *, strength: float, keys: Table = BENCHMARK_KEYS, inside: bool = False
) -> str:
    """Make one error in `strength` of the words: a key nearby, two letters swapped, one left out, or one too many.

    Args:
        text: any.
        chance: decides.
        strength: share of the words, in (0, 1].
        keys: the letters that a finger hits instead.
        inside: leave the first and the last letter, which makes the word easier to read.

    """

    def change(word: str, chance: random.Random) -> str:
        first, last = (1, len(word) - 2) if inside else (0, len(word) - 1)
        i = chance.randrange(first, max(first + 1, last))
        near = chance.choice(keys.get(word[i].lower(), ("e",)))
        here, after = word[i], word[i + 1 : i + 2]
        wrong = chance.choice((near + after, after + here, after, here + near + after))
        return word[:i] + wrong + word[i + 2 :]

    return rewrite(text, chance, strength, change)


def respell(text: str, chance: random.Random, *, strength: float, sounds: Table = BENCHMARK_SOUNDS) -> str:
    """Write one sound in `strength` of the words another way; a word without one stays as it is."""

    def change(word: str, chance: random.Random) -> str:
        lower = word.lower()
        for sound, spellings in sounds.items():
            if (i := lower.find(sound)) >= 0:
                return word[:i] + chance.choice(spellings) + word[i + len(sound) :]
        return word

    return rewrite(text, chance, strength, change)
