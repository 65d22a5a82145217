"""Core: the words of harm that a bad spelling alone may stand for.

A sign inside a word says that it was disguised; a letter that is wrong says little. So where letters alone are wrong, a
word is only read as one of these, which are profanity and the plainest words of abuse, threat and self-harm.
"""

from functools import cache
from typing import Final

from models.runtime.undisguise.lexicon import lexicon

_ABUSE = (
    "stupid stupidity idiot idiots idiotic moron morons moronic retarded retards dumb ugly loser losers"
    " pathetic worthless disgusting trash scum scumbag filthy filth vermin parasite parasites subhuman degenerate"
    " imbecile savages despicable cockroach cockroaches traitor traitors coward cowards ignorant terrorist terrorists"
    " invaders liar hate hates hated hating hater haters"
    " kill kills killed killing killer murder murdered murderer die dies death"
    " raped rapes rapist shoot shooting shot stab stabbed stabbing bomb bombs behead beheaded lynch hang hanging"
    " strangle slaughter exterminate deport destroy execute torture drown choke poison suicide suicidal overdose"
    " violence violent attack threat threaten weapon weapons knife cutting bleed burn hurt beat punch slap"
    " muslim muslims jewish immigrants immigrant refugees mexicans blacks lesbian lesbians women woman"
    " sexual porn naked nude nudes cocaine heroin drugs"
)
_AMBIGUOUS = (
    "nig nigs negro spook spooks tramp tart swine mongrel hustler poon knob coon coons bugger grope sissy homo"
    " poof jizz dolt tosser snatch booty lolita sambo busty puss gook prick homos anus semen orgy suck anal"
    " tits hoes fux fuq puta pubes groid paki spick wank skank weiner redskin gyp bbw mong pegging spanking"
    " fisting spastic chink"
)
_NOT_MEANT: Final = frozenset(_AMBIGUOUS.split())
"""Profanity that is one letter from too many ordinary words and names."""
_ENDINGS: Final = ("s", "es", "ed", "er", "ers", "ing", "y")
_MIN_LETTERS: Final = 4


@cache
def core() -> frozenset[str]:
    """Words of harm of four letters and more, with the endings that make known words of them."""
    words = lexicon()
    found = {word for word in words.profane if len(word) >= _MIN_LETTERS} | set(_ABUSE.split())
    found |= {word + ending for word in found for ending in _ENDINGS if word + ending in words.harmful}
    return frozenset(found - _NOT_MEANT) | {"die"}
