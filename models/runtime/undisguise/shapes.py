"""Shapes: what a character, or a few signs that draw a letter together, may be read as.

One sign has several readings, each with its price: what it is usually written for costs little. Signs beyond the tables
are found by Unicode's names, so that the tables hold only what no name says.

Source: `shapes.txt` was written by eye; names and decompositions are Unicode's.
"""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from models.runtime.undisguise.leet import SIGNS
from models.runtime.undisguise.lookalikes import plain_letter

_DATA: Final = Path(__file__).with_name("shapes.txt")
_LETTERS: Final[dict[str, str]] = {
    "0": "od",
    "1": "ilt",
    "2": "zsr",
    "3": "eb",
    "4": "ah",
    "5": "s",
    "6": "gb",
    "7": "tly",
    "8": "b",
    "9": "gqp",
    "@": "ao",
    "$": "s",
    "!": "il",
    "|": "il",
    "+": "t",
    "(": "c",
    "<": "ck",
    "[": "c",
    "{": "c",
    "^": "anv",
    "*": "xa",
    "%": "xo",
    "#": "h",
    "&": "ae",
    "?": "p",
    ">": "dv",
    "}": "d",
    ")": "d",
    "=": "e",
    ";": "i",
    ":": "i",
    "/": "il",
    "\\": "il",
    "~": "n",
}
_DRAWN: Final[dict[str, str]] = {
    "13": "b",
    "|3": "b",
    "l3": "b",
    "!3": "b",
    "]3": "b",
    "/3": "b",
    "|)": "d",
    "|]": "d",
    "|>": "dp",
    "/>": "p",
    "[)": "d",
    "i)": "d",
    "l)": "d",
    "c|": "d",
    "|=": "f",
    '|"': "fp",
    "(_+": "g",
    "|-|": "h",
    "]-[": "h",
    "}{": "h",
    ")-(": "h",
    "[-]": "h",
    "/-/": "h",
    "(-)": "h",
    "][": "i",
    "_|": "j",
    "_/": "j",
    "|<": "k",
    "|{": "k",
    "|(": "k",
    "l<": "k",
    "|_": "l",
    "1_": "l",
    "|\\/|": "m",
    "|v|": "m",
    "/\\/\\": "m",
    "/v\\": "m",
    "(v)": "m",
    "nn": "m",
    "rn": "m",
    "|\\|": "n",
    "/\\/": "n",
    "[\\]": "n",
    "|/|": "n",
    "()": "o",
    "[]": "o",
    "{}": "o",
    "<>": "o",
    "|*": "p",
    "|o": "p",
    "|°": "p",
    "|^": "p",
    "(,)": "q",
    "0_": "q",
    "|2": "r",
    "|?": "r",
    "12": "r",
    "/2": "r",
    "|`": "r",
    "-|-": "t",
    "~|~": "t",
    "'][": "t",
    "|_|": "u",
    "(_)": "u",
    "[_]": "u",
    "l_l": "u",
    "\\_/": "u",
    "\\/": "v",
    "|/": "v",
    "\\|": "v",
    "\\/\\/": "w",
    "vv": "w",
    "\\^/": "w",
    "uu": "w",
    "\\|/": "w",
    "|/\\|": "w",
    "><": "x",
    ")(": "x",
    "`/": "y",
    "'/": "y",
    "7_": "z",
    "/\\": "a",
    "/-\\": "a",
    "(l": "a",
    "ph": "f",
    "oo": "u",
    "00": "u",
    "ck": "k",
    "kk": "k",
}
"""Signs that draw a letter together, and sounds written with two letters."""
_CLOSING: Final = {"(": ")", "[": "]", "{": "}", "<": ">"}
MASKS: Final = frozenset("*#%_^~&?-.•·●■□▮▯▬▪▫◆◇◼◻▓▒░█†‡＊＃✱✲✳✴✵✶✷✸✹✺✻✼✽∗⋆★☆⁎⚝✪✫✬✭✮✯✰×¤§¿◦○◌◍⬛⬜⬤")
"""Signs that cover a letter."""

_SHOWN: Final = re.compile(r"(?:REGIONAL INDICATOR SYMBOL|.*\bLATIN (?:SMALL|CAPITAL)) LETTER ([A-Z])(?: WITH .*)?")
_USUAL: Final = 0.2
_UNUSUAL: Final = 0.35
_SKIPPED: Final = 0.4
_COVERED: Final = 0.9
_GUESSED: Final = 1.4
_LONGEST: Final = 5

Reading = tuple[int, str | None, float]
"""How many characters it takes, the letter it gives (none, or None for any one letter), and what it costs."""


@cache
def _table() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _DATA.read_text(encoding="utf-8").splitlines():
        letter, signs = line.split("\t")
        for sign in signs.split():
            found[sign] = found.get(sign, "") + letter
    return found


@lru_cache(maxsize=4096)
def letters_of(char: str) -> str:
    """The letters that one character which is no plain letter looks like, most usual first; empty where it has none."""
    if char.isascii():
        return _LETTERS.get(char, "")
    plain = plain_letter(char) or _base(char)
    usual = "".join(SIGNS.get(char, ()))
    return "".join(dict.fromkeys((plain or "") + usual + _table().get(char, "") + _table().get(char.lower(), "")))


def _base(char: str) -> str | None:
    """The plain letter under the marks, or within the ring, the frame or the flag."""
    named = _SHOWN.fullmatch(unicodedata.name(char, ""))
    if named is not None:
        return named[1].lower()
    for found in unicodedata.normalize("NFKD", char):
        if found.isascii() and found.isalpha():
            return found.lower()
        if not found.isascii() and not unicodedata.combining(found):
            return plain_letter(found)
    return None


def readings(word: str, place: int) -> list[Reading]:
    """What the characters of a word, in lower case, may stand for from a place on."""
    char = word[place]
    found: list[Reading] = []
    for length in range(2, min(_LONGEST, len(word) - place) + 1):
        drawn = _DRAWN.get(word[place : place + length])
        if drawn is not None:
            found += [(length, letter, _UNUSUAL) for letter in drawn]
    if char in _CLOSING and word[place + 2 : place + 3] == _CLOSING[char] and word[place + 1].isalpha():
        found.append((3, word[place + 1], _USUAL))
    if char.isascii() and char.isalpha():
        found.append((1, char, 0.0))
        return found
    letters = letters_of(char)
    found += [(1, letter, _USUAL if letter == letters[0] else _UNUSUAL) for letter in letters]
    if not char.isalnum():
        found += [(1, "", _SKIPPED), (1, None, _COVERED if char in MASKS else _GUESSED)]
    elif not char.isascii():
        found.append((1, None, _GUESSED))
    return found
