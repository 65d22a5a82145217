"""Homoglyphs: letters of other alphabets, and other forms of the same letter, that look alike."""

import random
from string import ascii_lowercase
from typing import Final

from models.data.attacks.tables import Table, by_letter
from models.data.attacks.targets import rewrite, substitute


def _row(start: int, exceptions: dict[str, str] | None = None) -> dict[str, str]:
    """The Latin alphabet as a row of consecutive characters."""
    return {letter: chr(start + i) for i, letter in enumerate(ascii_lowercase)} | (exceptions or {})


def _merge(*rows: dict[str, str]) -> Table:
    return {letter: tuple(row[letter] for row in rows if letter in row) for letter in ascii_lowercase}


TRAINING: Final = by_letter(
    """
    aаα bвβ cс eеε hн iіι kкκ mм nпη oоο pрρ rг tтτ uυ vν wω xхχ yуγ
    """
)
"""Cyrillic and Greek."""
BENCHMARK: Final = by_letter(
    """
    aɑᴀᎪ bЬʙᏴ cϲᴄᏟⅽ dԁᎠɗ eҽᴇᎬє fғſϝ gɡցᏀ hһհᎻ iıɩї jјϳᎫ kᴋᏦҝ lӏᏞʟǀ mᴍᎷⅿ nոɴռ oօᴏჿⲟ pᴘᏢⲣ qԛզ rʀᴦɾ sѕꜱᏚտ
    tᴛᎢҭ uսᴜʋц vѵᴠᏙ wԝᴡաш xҳⲭӽ yүʏყ zᴢᏃʐ
    """
)
"""Further Cyrillic, Armenian, Cherokee, Coptic, Georgian, small capitals and phonetic letters; none in `TRAINING`."""

TRAINING_FONTS: Final[Table] = _merge(_row(0xFF41), _row(0x1D41A))
"""Full-width and bold."""
BENCHMARK_FONTS: Final[Table] = _merge(
    _row(0x1D44E, {"h": "ℎ"}),
    _row(0x1D4EA),
    _row(0x1D51E),
    _row(0x1D552),
    _row(0x1D5BA),
    _row(0x1D68A),
    _row(0x24D0),
    _row(0x249C),
)
"""Italic, script, Fraktur, double-struck, sans-serif, monospace, circled, parenthesised."""


def homoglyphs(
    text: str, chance: random.Random, *, strength: float, table: Table = BENCHMARK, share: float = 0.6
) -> str:
    """Replace `share` of the letters that have a look-alike in `strength` of the words."""
    return rewrite(text, chance, strength, lambda word, chance: substitute(word, table, chance, share))
