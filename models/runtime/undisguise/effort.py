"""Effort: how much of one text is searched for disguises, so that a text of nothing else cannot hold up the others.

A word of ordinary text costs next to nothing; one that is made to be searched costs up to milliseconds. What is beyond
the bounds is read as written. Everything that searches in one round draws on the same bounds, codes included.
"""

from dataclasses import dataclass
from typing import Final

MAX_LOOKED_CHARS: Final = 16_384
"""Characters of unknown words that single steps are tried on."""
MAX_GUESSED_CHARS: Final = 4_096
MAX_GUESSES: Final = 512
"""Unknown words that are guessed at, which costs most."""


@dataclass(slots=True)
class Effort:
    """What is left of one round. Spent by what a text holds, and never by what was met before: no cache counts."""

    looked_chars: int = MAX_LOOKED_CHARS
    guessed_chars: int = MAX_GUESSED_CHARS
    n_guesses: int = MAX_GUESSES

    def may_look(self, word: str) -> bool:
        """Whether the steps may be tried on a word, which is counted."""
        self.looked_chars -= len(word)
        return self.looked_chars >= 0

    def may_guess(self, word: str) -> bool:
        """Whether a word may be guessed at, which is counted."""
        self.guessed_chars -= len(word)
        self.n_guesses -= 1
        return self.guessed_chars >= 0 and self.n_guesses >= 0
