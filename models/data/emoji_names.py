"""Emoji names: what each emoji is called in English, as `models.runtime.undisguise` writes it.

The names are a part of the spelling that a model was trained on: another year's names would be other words to it. So
they ship as a file, and the package that they come from is no dependency.

Source: the package `emoji` (BSD licence), which has them from Unicode CLDR (Unicode licence).
"""

import importlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

TONES: Final = re.compile("[\U0001f3fb-\U0001f3ff]")
FIRST: Final = "\u2300"
"""Signs before it, such as arrows and ©, are text."""
SELECTOR: Final = "\ufe0f"
FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_NO_LETTER: Final = re.compile("[^a-z0-9]+")
_KEYCAP: Final = "\u20e3"


def name_lines() -> Iterator[str]:
    """The lines of `emoji.txt`, sorted: an emoji without skin tone and selectors, a tab, its name in plain ASCII."""
    table: dict[str, dict[str, str]] = importlib.import_module("emoji").EMOJI_DATA
    names: dict[str, str] = {}
    for sequence, entry in table.items():
        bare = sequence.replace(SELECTOR, "")
        if TONES.search(bare) is None and not bare.isascii() and _KEYCAP not in bare and bare[0] >= FIRST:
            names[bare] = plain_name(bare, entry["en"])
    return (f"{sequence}\t{names[sequence]}" for sequence in sorted(names))


def plain_name(sequence: str, name: str) -> str:
    """`:woman_with_headscarf:` as words; flags say that they are."""
    ascii_name = unicodedata.normalize("NFKD", name.replace("’", "")).encode("ascii", "ignore").decode().lower()
    words = _NO_LETTER.sub(" ", ascii_name).strip()
    return f"flag {words}" if FLAG.fullmatch(sequence) else words
