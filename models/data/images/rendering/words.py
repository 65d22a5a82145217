"""Words: harmless sentences without meaning, for whatever needs to look written."""

from random import Random
from typing import Final

from models.data.images.rendering.painting import chance

_TEXT: Final = """
the a of and to in on at for with is was will can our your new old open next last first small large blue green quiet
early late table garden river window train coffee letter music summer winter monday friday team meeting report
update ticket price number house street market school project photo video friend family weather morning evening
today tomorrow please thanks hello maybe never always why when how much many good great best free order delivery
menu soup bread apple cheese ticket museum library bicycle station password account settings search share message
reply send cancel save delete draft invoice budget total sales growth visit read learn build write paint dance sleep
dream walk drive travel holiday birthday wedding party game
"""
_WORDS: Final = tuple(_TEXT.split())


def phrase(random: Random, n_words: int) -> str:
    """Words in lower case; now and then a number among them."""
    return " ".join(
        str(random.randint(1, 2030)) if chance(random, 0.06) else random.choice(_WORDS) for _ in range(n_words)
    )


def sentence(random: Random, low: int = 3, high: int = 9) -> str:
    """A capital, some words and an ending."""
    return phrase(random, random.randint(low, high)).capitalize() + random.choice((".", ".", "!", "?", ""))
