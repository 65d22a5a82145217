"""Normalisation: one spelling for a text, the same in training and in serving.

Training data and live traffic go through this one function, so the model never meets a character in production
that cleaning removed from its training data. In order: combining marks limited, mojibake repaired (ftfy), NFKC,
quotes straightened, invisible characters removed, HTML entities decoded, users and addresses masked, emoji set
apart from words, blanks folded. Emoji stay: they carry hate. They are set apart because WordPiece gives up on a whole
word when it does not know one character of it: `kill😂` would be one unknown token.

Every step is linear in the length of the text, which takes some care with what the libraries offer: ftfy repeats
its repair until nothing changes and needs 19 s for a 16,000-character word built for it, and Unicode
normalisation sorts a run of combining marks in quadratic time. Repair therefore works on words of bounded length, and
runs of marks are cut to the length that Unicode itself calls safe.
"""

import re
import sys
import unicodedata
from html.entities import html5
from typing import Final

import ftfy
from ftfy.badness import is_bad
from ftfy.fixes import remove_terminal_escapes

USER_MASK: Final = "@user"
URL_MASK: Final = "http"

MAX_ROUNDS: Final = 8
"""Upper bound on repetitions; a text that settles needs two or three."""
MAX_REPAIRED_WORD: Final = 96
"""Longest word, in characters, that ftfy may look at: its repair is quadratic in the worst case."""
MAX_COMBINING_MARKS: Final = 30
"""Source: Unicode Standard Annex #15, "Stream-Safe Text Format"."""

_PICTURE = "\u2600-\u27bf\U0001f000-\U0001faff"
_EMOJI = rf"{_PICTURE}\ufe0f"
_ADDRESS = "[!#-;=?-~]"  # printable ASCII without quotes and angle brackets

# ASCII text in which none of this occurs is normal already, up to blanks at its ends.
_ASCII_WORK = re.compile(r"[&@<\[\x00-\x1f\x7f]|  |https?:|www", re.IGNORECASE)
_SURROGATES = range(0xD800, 0xE000)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MARK_RUN = re.compile(rf"[^\w\s\x00-\x7f]{{{MAX_COMBINING_MARKS + 1},}}")
# UTF-8 read in a one-byte encoding is two or more characters in a row, none of them ASCII, or a C1 control.
_MAYBE_MOJIBAKE = re.compile(r"[\x80-\x9f]|[\xa0-\u2fff]{2}")
_WORD = re.compile(r"[^ \t\r\n]+")
_SINGLE_QUOTES = re.compile("[‘’‚‛]")
_DOUBLE_QUOTES = re.compile("[“”„‟]")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
_BRACKETED = "\u249c-\u24b5\U0001f110-\U0001f129"
_BRACKETED_LETTER = re.compile(rf"(?<=[\w{_BRACKETED}])[{_BRACKETED}]|[{_BRACKETED}](?=[\w{_BRACKETED}])")
"""One sign for a letter in brackets, in a word: NFKC would leave the brackets there."""
_STRAY_JOINER = re.compile(rf"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
_EMOJI_EDGE = re.compile(rf"(?<=\w)(?=[{_PICTURE}])|(?<=[{_EMOJI}])(?=\w)")
_URL = re.compile(
    rf"https?://{_ADDRESS}*|(?<!\w)www\d?\.{_ADDRESS}+|\[url\]|<url>|(?<!\w)@url(?!\w)",
    re.IGNORECASE,
)
_USER = re.compile(r"\[user\]|<user>", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@\w{1,30}(?!\w)")
_ENTITY_NUMBER = re.compile(r"#(?:(\d{1,7})|[xX]([0-9a-fA-F]{1,6}))")
_ENTITY_CHARS = 34  # "&", the longest name in HTML5, ";"


class InvalidTextError(ValueError):
    """The text holds a lone surrogate: it is not Unicode text and cannot be encoded."""


def normalize(text: str) -> str:
    """Rewrite a text to the spelling that models are trained on.

    Idempotent, and linear in the length of the text. An empty answer means that nothing visible was there.

    Raises:
        InvalidTextError: the text holds a lone surrogate.

    """
    if text.isascii():
        if _ASCII_WORK.search(text) is None:
            return text.strip(" ")
    elif _SURROGATE.search(text) is not None:
        raise InvalidTextError("the text holds a lone surrogate (U+D800 to U+DFFF)")
    for _ in range(MAX_ROUNDS):
        settled = _rewrite(text)
        if settled == text:
            break
        text = settled
    return text


def _rewrite(text: str) -> str:
    """One round of every step; a text that it leaves alone is normal."""
    if not text.isascii():
        text = _rewrite_unicode(text)
    if "\x1b" in text:
        text = remove_terminal_escapes(text)
    text = _INVISIBLE.sub("", text)
    if "&" in text and ";" in text:
        text = _decode_entities(text)
    text = _URL.sub(f" {URL_MASK} ", text)
    text = _USER.sub(f" {USER_MASK} ", text)
    text = _MENTION.sub(USER_MASK, text)
    return " ".join(text.split())


def _rewrite_unicode(text: str) -> str:
    """The steps that a text of ASCII characters does not need."""
    text = _MARK_RUN.sub(_limit_marks, text)
    if _MAYBE_MOJIBAKE.search(text) is not None:
        text = _WORD.sub(_repair, text)
    text = _BRACKETED_LETTER.sub(lambda sign: unicodedata.normalize("NFKC", sign[0])[1], text)
    text = unicodedata.normalize("NFKC", text)
    text = _DOUBLE_QUOTES.sub('"', _SINGLE_QUOTES.sub("'", text))
    if "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    return _EMOJI_EDGE.sub(" ", text)


def _limit_marks(run: re.Match[str]) -> str:
    """Keep the first combining marks of every unbroken row of them."""
    kept: list[str] = []
    n_marks = 0
    for char in run.group():
        n_marks = n_marks + 1 if unicodedata.combining(char) else 0
        if n_marks <= MAX_COMBINING_MARKS:
            kept.append(char)
    return "".join(kept)


def _repair(word: re.Match[str]) -> str:
    """Undo text that was decoded in the wrong encoding, such as `clichÃ©`."""
    text = word.group()
    if text.isascii() or len(text) > MAX_REPAIRED_WORD or not is_bad(text):
        return text
    return str(ftfy.fix_encoding(text))


def _decode_entities(text: str) -> str:
    """Replace HTML entities from the inside out, however deep they are nested, in one pass."""
    chars: list[str] = []
    for char in text:
        chars.append(char)
        while chars and chars[-1] == ";" and _close_entity(chars):
            pass
    return "".join(chars)


def _close_entity(chars: list[str]) -> bool:
    """Decode the entity that the last character, a semicolon, ends; False if it ends none."""
    tail = "".join(chars[-_ENTITY_CHARS:])
    start = tail.rfind("&")
    decoded = _decode_entity(tail[start + 1 : -1]) if start >= 0 else None
    if decoded is None:
        return False
    del chars[len(chars) - len(tail) + start :]
    chars.extend(_INVISIBLE.sub("", unicodedata.normalize("NFKC", decoded)))
    return True


def _decode_entity(name: str) -> str | None:
    """What an entity stands for, given what is between `&` and `;`; None if it is not one."""
    number = _ENTITY_NUMBER.fullmatch(name)
    if number is None:
        return html5.get(f"{name};")
    code = int(number[1]) if number[1] else int(number[2], 16)
    is_character = 0 < code <= sys.maxunicode and code not in _SURROGATES
    return chr(code) if is_character else "\ufffd"
