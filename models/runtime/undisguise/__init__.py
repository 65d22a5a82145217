"""Undisguise: a normalised text as it was meant to be read, before words are cut into tokens.

People hide words from filters: `h4te`, `f*ck`, `k i l l`, Cyrillic letters among Latin ones, emoji for letters. Where a
disguised word is one of the words it can only be, it is put in its place; emoji are named in words, as the encoder's
vocabulary has none. Which bundle reads texts so is in its manifest (`spelling`), as it has to be trained so.

What is undone, what is not and what it costs: `docs/obfuscation.md`.
"""

from typing import Final

from models.runtime.undisguise.reading import undisguise

__all__ = ["READING", "undisguise"]

READING: Final = 3
"""Number of the reading, one more with every change of what it makes of a text: scores change with it. A bundle's
manifest names the one it was calibrated with (0: exported before readings were numbered)."""
