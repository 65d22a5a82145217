"""Spacing: letters that were set apart, by blanks or by other signs, and words broken in two, joined again.

`k i l l`, `k.i.l.l`, `K-I-L-L`, `fu-ck`, `fu ck`. Three letters are joined for a word of harm only, more for any word;
initials (`U.S.A.`), lists of letters and words with hyphens stay.
"""

import re
from collections.abc import Callable
from typing import Final

from models.runtime.undisguise.lexicon import Lexicon
from models.runtime.undisguise.resolving import segment

_LETTER = "[A-Za-z0-9@$!]"
_SPACED: Final = re.compile(rf"(?<![^ ]){_LETTER}(?: {_LETTER}){{2,}}(?![^ .,!?])")
_APART: Final = re.compile(rf"{_LETTER}(?:[^A-Za-z0-9\s]{{1,3}}{_LETTER}){{2,}}")
_CHUNKS: Final = re.compile(r"[A-Za-z]+(?:[-._*~|/][A-Za-z]+)+")
_CHUNK_JOINT: Final = re.compile(r"[-._*~|/]")
_INITIALS: Final = re.compile(r"[A-Z](?:\.[A-Z])+")
_ROW: Final = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,3}[^\W_]){2,}(?![^\W_])")
_BLANK: Final = re.compile("(?<=[^\\W_]) (?=[^\\W_])")
"""A blank that ends a word, where other signs stand between letters."""
_BRACKETED: Final = re.compile(r"\([A-Za-z0-9]\)|\[[A-Za-z0-9]\]")
_SEPARATORS: Final = re.compile(r"[\W_]+")
_NOT_LETTER: Final = re.compile(r"[^A-Za-z0-9@$!]")
_MIN_ORDINARY: Final = 4
MAX_LETTERS: Final = 200

Read = Callable[[str], str | None]
"""The word or words that letters in lower case, signs among them, stand for."""


def join_spaced(text: str, read: Read, words: Lexicon) -> str:
    """Join rows of single letters with blanks between them."""
    return _SPACED.sub(lambda row: _join(row[0].replace(" ", ""), read, words) or row[0], text)


def join_rows(text: str, read: Read, words: Lexicon) -> str:
    """Join rows of single letters with anything between them, words run together among them."""
    return _ROW.sub(lambda row: _joined_row(row[0], read, words) or row[0], text)


def _joined_row(row: str, read: Read, words: Lexicon) -> str | None:
    if _INITIALS.fullmatch(row) is not None:
        return None
    separators = set(_SEPARATORS.findall(row))
    groups = _BLANK.split(row) if {" "} < separators else [row]
    is_beside = len(groups) > 1 and "'" not in separators
    joined = [_joined_group(_SEPARATORS.sub("", group), read, words, is_beside=is_beside) for group in groups]
    found = [one for one in joined if one is not None]
    return " ".join(found) if len(found) == len(groups) else None


def _joined_group(letters: str, read: Read, words: Lexicon, *, is_beside: bool) -> str | None:
    """One row of letters as the words they spell; beside another row, short ordinary words count as well."""
    low = letters.lower()
    found = low if is_beside and low in words.ranks else _join(letters, read, words)
    if found is None and letters.isalpha() and letters.isascii():
        pieces = segment(low)
        found = " ".join(pieces) if pieces is not None else None
    return found.upper() if found is not None and letters.isupper() else found


def unwrap(word: str, words: Lexicon) -> str:
    """Letters out of their brackets, as normalisation leaves parenthesised and squared ones: `(k)(i)(l)(l)`."""
    bare = _BRACKETED.sub(lambda letter: letter[0][1], word)
    core = bare.strip(".,:;!?\"'").lower()
    return bare if len(core) > 1 and len(word) - len(bare) > _MIN_ORDINARY and core in words.ranks else word


def join_apart(word: str, read: Read, words: Lexicon) -> str | None:
    """Join single letters with signs between them; None where that gives no word."""
    if _APART.fullmatch(word) is None:
        return None
    found = _join(_NOT_LETTER.sub("", word), read, words)
    if found is not None and _INITIALS.fullmatch(word) is not None and not _is_harm(found, words):
        return None
    return found


def _join(letters: str, read: Read, words: Lexicon) -> str | None:
    low = letters.lower()
    if len(low) > MAX_LETTERS or sum(map(str.isalpha, low)) * 2 <= len(low):
        return None
    found = read(low)
    if found is None or not (len(low) >= _MIN_ORDINARY or _is_harm(found, words)):
        return None
    return found


def _is_harm(found: str, words: Lexicon) -> bool:
    return " " in found or words.is_harmful(found)


def join_chunks(word: str, words: Lexicon) -> str | None:
    """A word of harm that signs break into pieces which are no words all: `fu-ck`, `bit.ch`."""
    if _CHUNKS.fullmatch(word) is None:
        return None
    pieces = [piece.lower() for piece in _CHUNK_JOINT.split(word)]
    joined = "".join(pieces)
    if len(joined) < _MIN_ORDINARY or all(piece in words.ranks for piece in pieces):
        return None
    return joined if joined in words.harmful else None


def join_fragments(tokens: list[str], words: Lexicon) -> list[str]:
    """A word of harm in two pieces with a blank between them, neither of which is a word: `fu ck`."""
    joined: list[str] = []
    for token in tokens:
        low = token.lower().rstrip(".,!?")
        if joined and _is_fragment(low, words) and _is_fragment(joined[-1].lower(), words):
            whole = joined[-1].lower() + low
            if len(whole) >= _MIN_ORDINARY and whole in words.harmful:
                joined[-1] = whole + token[len(low) :]
                continue
        joined.append(token)
    return joined


def _is_fragment(token: str, words: Lexicon) -> bool:
    return token.isalpha() and token.isascii() and token.encode() not in words.pieces
