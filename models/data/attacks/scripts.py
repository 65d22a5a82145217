"""Scripts: every letter of a word from an alphabet of its own, nearly as readable as ever."""

import random
from typing import Final

from models.data.attacks.tables import Table, by_letter
from models.data.attacks.targets import rewrite, substitute

TRAINING: Final = by_letter(
    """
    aаåά bвь cçс dðδ eёέę gğ hн iїíί kк lľ mм nñи oöόо pрþ rяř sšş tтť uüύ wωш xх yуý zž
    """
)
BENCHMARK: Final = by_letter(
    """
    aąⱥΛค bƀß๒ cƈȼς dđ∂ժ eɇΣэə fƒŦ gǥפ hħђЊ iɨłا jɉן kƙЖĸ lłℓլ m๓ɱ nŋЛຖ oøΘס๐ pƥק qɋ rɍЯՐ sЅຣƧ tŧՇƚ uʉนЦ
    vשѴ wฬЩ xЖא yЧɏץ zƶՀ
    """
)
"""Stroked letters that no decomposition undoes, and letters of scripts from Armenian to Thai; none is in `TRAINING`."""


def mix_scripts(text: str, chance: random.Random, *, strength: float, table: Table = BENCHMARK) -> str:
    """Replace every letter that the table knows in `strength` of the words."""
    return rewrite(text, chance, strength, lambda word, chance: substitute(word, table, chance, 1.0))
