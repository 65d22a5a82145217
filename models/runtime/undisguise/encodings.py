"""Encodings: text that is written in a code, put in the place of the code where it is English beyond doubt.

Base64, hexadecimal, percent and backslash escapes, bits, Morse, ROT13, and text written backwards. One layer is taken
off at a time; the caller bounds how many. A code that decodes to anything but plain English words stays as it is.
"""

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import unquote

from models.runtime.normalization import normalize
from models.runtime.undisguise.lexicon import Lexicon
from models.runtime.undisguise.pictographs import name_emoji, spell_emoji

MAX_CODE: Final = 8192
"""Characters of one code; what is longer is a file."""
_SHARE: Final = 0.75
"""Of the words of a decoded text that have to be known."""
_SHARE_OF_CODE: Final = 0.5
"""The same of what is written as a code and not only turned round: few codes of something else hold half English."""
_SHARE_ASCII: Final = 0.8
"""Of the characters of what a code holds; the rest may be typographic signs."""
_SHARE_UNKNOWN: Final = 0.6
"""Of the words of a text that have to be unknown before it is read backwards or by ROT13."""
_MIN_CHARS: Final = 4

_MIN_TURNED: Final = 2
"""Words of a text that is read backwards as a whole."""

_BASE64: Final = re.compile(r"(?<![\w+/=-])[\w+/-]{11,}={0,2}(?![\w+/=-])", re.ASCII)
_LOOKS_BASE64: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z])")
_HEX: Final = re.compile(r"(?<![\w])(?:0x)?((?:[0-9A-Fa-f]{2}[ :]?){3,}[0-9A-Fa-f]{2})(?!\w)")
_ESCAPES: Final = re.compile(r"(?:\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[0-7]{3}){3,}")
_PERCENT: Final = re.compile(r"(?<!\S)[^\s%]*%[2-7][0-9A-Fa-f]\S*")
_BITS: Final = re.compile(r"(?<!\w)[01]{8}(?: ?[01]{8}){2,}(?!\w)")
_MORSE: Final = re.compile(r"(?<!\S)[.-]{1,5}(?:(?: / | )[.-]{1,5}){3,}(?!\S)")
_WORDS: Final = re.compile("[a-z]+")
_LONG_WORDS: Final = re.compile("[a-z]{3,}")
_MANY_WORDS: Final = 4
_MORSE_LETTERS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
)
_MORSE_CODES: Final = dict(zip(_MORSE_LETTERS.split(), "abcdefghijklmnopqrstuvwxyz", strict=True))
_DIGIT: Final = re.compile("[0-9]")
_CHANGING_CASE: Final = re.compile("[a-z0-9][A-Z]")

Decode = Callable[[re.Match[str]], str | None]
Read = Callable[[str], str]
"""Undoes the disguises of single words."""


def decode_runs(text: str, words: Lexicon, read: Read) -> str:
    """Replace every stretch of a text that is a code for English, or for English that is disguised itself."""
    codes: list[tuple[re.Pattern[str], Decode]] = []
    if _DIGIT.search(text) is not None:
        codes += [(_BITS, _bits), (_ESCAPES, _escapes), (_PERCENT, _percent), (_HEX, _hex)]
    if ".-" in text or "-." in text:
        codes.append((_MORSE, _morse))
    if _CHANGING_CASE.search(text) is not None:
        codes.append((_BASE64, _base64))
    for pattern, decode in codes:
        text = pattern.sub(partial(_replaced, decode=decode, words=words, read=read), text)
    return text


def _replaced(code: re.Match[str], decode: Decode, words: Lexicon, read: Read) -> str:
    if len(code[0]) > MAX_CODE:
        return code[0]
    decoded = decode(code)
    if decoded is None or not decoded.strip() or not all(map(_is_readable, decoded)):
        return code[0]
    plain = normalize(decoded)
    if not plain.isascii():
        plain = name_emoji(spell_emoji(plain, words))
    if not _is_message(plain, words):
        plain = read(plain)
    return plain if _is_message(plain, words) else code[0]


def _is_readable(char: str) -> bool:
    """Shown, a blank, or one of the invisible signs that emoji are made with and that hide words."""
    return char.isprintable() or char.isspace() or unicodedata.category(char) == "Cf"


def _is_message(text: str, words: Lexicon) -> bool:
    """English enough for what a code holds, whatever signs stand in it."""
    plain = "".join(char for char in text if char.isascii())
    return len(plain) >= _SHARE_ASCII * len(text) and is_english(plain, words, _SHARE_OF_CODE)


def is_english(text: str, words: Lexicon, share: float = _SHARE) -> bool:
    """Printable, and `share` of its letters in words that are known, one of three letters among them."""
    if not text.isascii() or not text.strip():
        return False
    printable = sum(char.isprintable() or char.isspace() for char in text)
    found = _WORDS.findall(text.lower())
    n_known = sum(len(word) for word in found if word in words.ranks)
    n_chars = sum(map(len, found))
    return (
        printable == len(text)
        and n_chars >= _MIN_CHARS
        and n_known >= share * n_chars
        and 2 * n_chars >= len(text.strip())
        and any(word in words.ranks for word in _LONG_WORDS.findall(text.lower()))
    )


def _base64(code: re.Match[str]) -> str | None:
    run = code[0]
    if _LOOKS_BASE64.search(run) is None or len(run.rstrip("=")) % 4 == 1:
        return None
    try:
        raw = base64.b64decode(
            run.rstrip("=") + "=" * (-len(run.rstrip("=")) % 4), altchars=b"-_" if {"-", "_"} & set(run) else None
        )
        return raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _hex(code: re.Match[str]) -> str | None:
    digits = re.sub("[ :]", "", code[1])
    try:
        return bytes.fromhex(digits).decode("utf-8")
    except ValueError:
        return None


def _escapes(code: re.Match[str]) -> str | None:
    try:
        return codecs.decode(code[0], "unicode_escape")
    except ValueError:
        return None


def _percent(code: re.Match[str]) -> str | None:
    return unquote(code[0], errors="ignore").replace("+", " ")


def _bits(code: re.Match[str]) -> str | None:
    digits = code[0].replace(" ", "")
    try:
        return bytes(int(digits[start : start + 8], 2) for start in range(0, len(digits), 8)).decode("utf-8")
    except ValueError:
        return None


def _morse(code: re.Match[str]) -> str | None:
    letters = [" " if sign == "/" else _MORSE_CODES.get(sign) for sign in code[0].split(" ")]
    return None if None in letters else "".join(filter(None, letters))


def read_backwards(text: str, words: Lexicon) -> str:
    """A text of unknown words that are English when read backwards, or by ROT13."""
    found = _LONG_WORDS.findall(text.lower())
    n_chars = sum(map(len, found))
    n_unknown = sum(len(word) for word in found if word not in words.ranks)
    if len(found) < _MIN_TURNED or n_unknown < _SHARE_UNKNOWN * n_chars:
        return text
    for turn in (_reversed, _rot13):
        turned = turn(text)
        if _is_clear(turned, words):
            return turned
    return text


def _is_clear(turned: str, words: Lexicon) -> bool:
    """A few words that are all known, or one or two with a word of harm."""
    found = _LONG_WORDS.findall(turned.lower())
    n_known = sum(len(word) for word in found if word in words.ranks)
    is_harmful = any(word in words.harmful and len(word) >= _MIN_CHARS for word in found)
    is_enough = len(found) >= _MANY_WORDS or is_harmful
    return is_enough and n_known >= _SHARE * sum(map(len, found)) and is_english(turned, words)


def _reversed(text: str) -> str:
    return text[::-1]


def _rot13(text: str) -> str:
    return codecs.encode(text, "rot13")
