"""Suggestions: the name that somebody most likely meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_ALIKE: Final = 0.6
"""Source: the default of `difflib.get_close_matches`."""
MAX_SHOWN: Final = 40
"""Characters of a mistaken word that a message repeats."""


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name most like the word; None when none is like it."""
    return next(iter(get_close_matches(word[:MAX_SHOWN].lower(), list(names), 1, _ALIKE)), None)


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """The end of a message: a question that names the nearest name, or nothing."""
    found = nearest(word, names)
    return f"; did you mean {found}?" if found is not None else ""


def shown(word: object) -> str:
    """A word as a message repeats it: quoted, and never long."""
    text = str(word)
    return repr(text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "...")
