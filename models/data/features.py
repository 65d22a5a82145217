"""Features: what a text looks like without saying what it says. Drift reports compare these, by digest."""

import re
from dataclasses import astuple, dataclass, fields
from typing import Final

from models.runtime.normalization import URL_MASK, USER_MASK

_EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_UPPER = re.compile(r"[A-Z]")
_DIGIT = re.compile(r"[0-9]")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_NOT_LATIN_LETTER = re.compile(
    "[\u0370-\u1dff\u2c00-\ud7ff\uf900-\ufdff\ufe70-\ufefc\U00010000-\U0001efff\U00020000-\U0003ffff]"
)
_URL = re.compile(rf"(?<!\w){URL_MASK}(?!\w)")
_USER = re.compile(rf"{USER_MASK}(?!\w)")


@dataclass(frozen=True, slots=True)
class DocumentFeatures:
    """Counts, and shares of characters in [0, 1]; `latin_share` is of letters, 1 for a text without letters."""

    n_chars: int
    n_words: int
    n_emoji: int
    n_urls: int
    n_mentions: int
    ascii_share: float
    upper_share: float
    digit_share: float
    latin_share: float


FEATURE_NAMES: Final[tuple[str, ...]] = tuple(field.name for field in fields(DocumentFeatures))


def document_features(text: str) -> DocumentFeatures:
    """Features of a cleaned text. Masks count as what they mask."""
    n_chars = max(len(text), 1)
    beyond = "" if text.isascii() else "".join(_NOT_ASCII.findall(text))
    latin = len(_ASCII_LETTER.findall(text)) + sum("\u00c0" <= char <= "\u024f" for char in beyond)
    letters = latin + len(_NOT_LATIN_LETTER.findall(beyond))
    return DocumentFeatures(
        n_chars=len(text),
        n_words=len(text.split()),
        n_emoji=len(_EMOJI.findall(beyond)),
        n_urls=len(_URL.findall(text)),
        n_mentions=len(_USER.findall(text)),
        ascii_share=1 - len(beyond) / n_chars,
        upper_share=len(_UPPER.findall(text)) / n_chars,
        digit_share=len(_DIGIT.findall(text)) / n_chars,
        latin_share=latin / letters if letters else 1.0,
    )


def feature_row(text: str) -> tuple[int | float, ...]:
    """Features as a tuple, in `FEATURE_NAMES` order."""
    return astuple(document_features(text))
