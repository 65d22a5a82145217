"""Language: which one a text is in, and which writing system it uses. For monitoring, so fast rather than fine.

Languages are told by CLD2, which reads n-grams against tables and needs some fifteen microseconds; where it is not sure
of itself, as with most texts of a few words, the answer is `und` and no guess.

Source: CLD2, https://github.com/CLD2Owners/cld2 (Apache-2.0), by way of pycld2; codes by ISO 639 and ISO 15924.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

import pycld2

UNDETERMINED: Final = "und"
"""ISO 639-2 for a language that cannot be told."""
NO_SCRIPT: Final = "Zyyy"
"""ISO 15924 for text without letters."""
OTHER_SCRIPT: Final = "Zzzz"
"""ISO 15924 for a writing system that is not listed here."""
READ_CHARS: Final = 300
"""Characters that are looked at: the language shows in them, and the cost has a bound."""
MIN_PERCENT: Final = 60
"""Of the text, in the first language: below it a text is in several, and in none of them."""

_RENAMED: Final = {"iw": "he", "in": "id", "jw": "jv", "mo": "ro", "sh": "sr", "tl": "fil"}
"""Codes of CLD2 that have been replaced since."""
_CODE: Final = re.compile("[a-z]{2,3}")
_LETTER: Final = re.compile("[A-Za-z]")
_ASCII: Final = re.compile("[\x00-\x7f]+")
_ASCII_OTHERS: Final = bytes(code for code in range(128) if not chr(code).isalpha())
_NOT_ASCII: Final = bytes(range(128, 256))
_SCRIPTS: Final = {
    "LATIN": "Latn",
    "GREEK": "Grek",
    "COPTIC": "Copt",
    "CYRILLIC": "Cyrl",
    "ARMENIAN": "Armn",
    "HEBREW": "Hebr",
    "ARABIC": "Arab",
    "SYRIAC": "Syrc",
    "THAANA": "Thaa",
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "GURMUKHI": "Guru",
    "GUJARATI": "Gujr",
    "ORIYA": "Orya",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "KANNADA": "Knda",
    "MALAYALAM": "Mlym",
    "SINHALA": "Sinh",
    "THAI": "Thai",
    "LAO": "Laoo",
    "TIBETAN": "Tibt",
    "MYANMAR": "Mymr",
    "GEORGIAN": "Geor",
    "HANGUL": "Hang",
    "ETHIOPIC": "Ethi",
    "CHEROKEE": "Cher",
    "CANADIAN": "Cans",
    "KHMER": "Khmr",
    "MONGOLIAN": "Mong",
    "HIRAGANA": "Jpan",
    "KATAKANA": "Jpan",
    "BOPOMOFO": "Bopo",
    "CJK": "Hani",
    "YI": "Yiii",
}
"""By the first word of a letter's Unicode name. Kana stand for the Japanese mixture, which has Han letters as well."""


def language_of(text: str) -> str:
    """The ISO 639 code of the language that most of a normalised text is in; `und` where that cannot be told."""
    try:
        is_reliable, _, found = pycld2.detect(text[:READ_CHARS], isPlainText=True)
    except (pycld2.error, ValueError):  # it refuses some characters, such as controls and noncharacters
        return UNDETERMINED
    code, percent = str(found[0][1]), found[0][2]
    if not is_reliable or percent < MIN_PERCENT:
        return UNDETERMINED
    code = code.partition("-")[0]
    if code in {"un", "xx"} or code.startswith("zz") or _CODE.fullmatch(code) is None:
        return UNDETERMINED  # inventions of CLD2: unknown, a script without a language, and jokes
    return _RENAMED.get(code, code)


def script_of(text: str) -> str:
    """The ISO 15924 code of the writing system of most letters of a normalised text; `Zyyy` without letters."""
    if text.isascii():
        return NO_SCRIPT if _LETTER.search(text) is None else "Latn"
    text = text[:READ_CHARS]
    counts = Counter({"Latn": len(text.encode().translate(None, _ASCII_OTHERS + _NOT_ASCII))})
    for char, count in Counter(_ASCII.sub("", text)).items():
        script = _script_of_letter(char)
        if script is not None:
            counts[script] += count
    if counts["Jpan"]:
        counts["Jpan"] += counts.pop("Hani", 0)
    script, count = counts.most_common(1)[0]
    return script if count else NO_SCRIPT


@lru_cache(maxsize=16_384)
def _script_of_letter(char: str) -> str | None:
    """Of one character; None for what is no letter, and for letters that all scripts share."""
    if not char.isalpha():
        return None
    first = unicodedata.name(char, "").partition(" ")[0].partition("-")[0]
    return None if first == "MODIFIER" else _SCRIPTS.get(first, OTHER_SCRIPT)
