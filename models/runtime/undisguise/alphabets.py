"""Alphabets: which letters stand together in the words of a language, and words whose letters do not."""

import unicodedata
from functools import lru_cache
from typing import Final

from models.runtime.undisguise.shapes import letters_of

_UNITS: Final = frozenset("\u03bc\u00b5\u03a9\u0394\u03b4\u03c0")
_MIN_LETTERS: Final = 3


@lru_cache(maxsize=4096)
def script(char: str) -> str:
    """The first word of its name in Unicode: its alphabet, for most letters that mimic Latin ones."""
    return unicodedata.name(char, "").split(" ")[0]


def is_of_asia(char: str) -> bool:
    """An ideograph, kana or hangul, which stand beside letters of any alphabet."""
    return "\u2e80" <= char <= "\ud7ff" or "\uf900" <= char <= "\ufaff"


def is_never_mixed(char: str) -> bool:
    """A letter of an alphabet, other than Latin and those that ideographs and units come from."""
    return not is_of_asia(char) and char not in _UNITS and "LATIN" not in unicodedata.name(char, "LATIN")


def is_medley(low: str) -> bool:
    """Whether letters of several alphabets make up a word, as in no language; accents and signs do not count."""
    plain = [char for char in low if char.isascii()]
    scripts = {script(char) for char in low if not char.isascii() and _is_of_its_own(char)}
    return (
        len(scripts) > 1
        and len(low) >= _MIN_LETTERS
        and not any(map(is_of_asia, low))
        and not any(map(str.isdigit, plain))
    )


def spell_out(low: str) -> str | None:
    """A medley with each sign as the letter that it is usually written for; None where it is none, or one has none."""
    is_word = all(char.isalpha() for char in low if char.isascii())
    letters = [char if char.isascii() else letters_of(char)[:1] for char in low]
    return "".join(letters) if is_word and is_medley(low) and all(letters) else None


def _is_of_its_own(char: str) -> bool:
    """A letter or a digit that looks like a Latin letter and is none with a mark on it."""
    return char.isalnum() and bool(letters_of(char)) and not unicodedata.normalize("NFKD", char)[0].isascii()
