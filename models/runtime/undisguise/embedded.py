"""Embedded: pictures and stars inside a word, which normalisation has set apart from its letters.

`st⚽pid` arrives as `st ⚽ pid`. Where the pieces around a picture are no words, and the letter that it shows (or any
one letter) makes them a word of harm, they are that word; an ordinary word needs the letter that the picture shows.
"""

import re
from functools import lru_cache, partial
from typing import Final

from models.runtime.undisguise.core import core
from models.runtime.undisguise.lattice import MAX_CHARS, spell
from models.runtime.undisguise.lexicon import Lexicon, lexicon
from models.runtime.undisguise.shapes import letters_of

MAX_WINDOWS: Final = 256
"""Rows of pieces and pictures that are tried in one text."""
_PICTURES: Final = re.compile("[\u2600-\u27bf\u2300-\u23ff\u25a0-\u25ff\u2b00-\u2bff\U0001f000-\U0001faff\ufe0f]+")
_PIECE: Final = re.compile(r"[A-Za-z0-9@$!]+")
_AROUND: Final = "\"'(),.;:?!"
_SELECTED: Final = re.compile("([A-Za-z]+)\ufe0f ([A-Za-z]+)")
_MAX_ROW: Final = 13
_MIN_LETTERS: Final = 4
_MIN_PIECE: Final = 3
_SHORT = "i a u r n me my we he us it is to in of on am be do go im so no or an at by if as up"
_SHORT_WORDS: Final = frozenset(_SHORT.split())


def join_pictures(text: str, words: Lexicon) -> str:
    """Join the pieces of words that pictures stand in."""
    text = _SELECTED.sub(partial(_rejoined, words=words), text)
    if _PICTURES.search(text) is None:
        return text
    tokens = text.split(" ")
    broken = [_is_broken(token, words) for token in tokens]
    joined: list[str] = []
    place, n_tried = 0, 0
    while place < len(tokens):
        length, word = 1, tokens[place]
        if n_tried < MAX_WINDOWS:
            stop = _row_end(tokens, place)
            stop = stop if any(broken[place:stop]) else place
            for end in range(stop, place + 1, -1):
                row = tokens[place:end]
                if not (any(broken[place:end]) and _is_candidate(row)):
                    continue
                n_tried += 1
                whole = "".join(row).replace("\ufe0f", "")
                core = whole.strip(_AROUND)
                found = _spelt(core) if len(core) <= MAX_CHARS else None
                if found is not None:
                    before = whole[: len(whole) - len(whole.lstrip(_AROUND))]
                    length, word = end - place, before + found + whole[len(whole.rstrip(_AROUND)) :]
                    break
        joined.append(word)
        place += length
    return " ".join(joined)


def _rejoined(pieces: re.Match[str], words: Lexicon) -> str:
    """Pieces with a letter between them that was a picture before normalisation."""
    joint = "" if (pieces[1] + pieces[2]).lower() in words.ranks else " "
    return f"{pieces[1]}{joint}{pieces[2]}"


def _row_end(tokens: list[str], start: int) -> int:
    """Where a row in which every second token or more is a picture ends."""
    end = start + 1
    while end < min(start + _MAX_ROW, len(tokens)):
        if not _is_picture(tokens[end]) and not _is_picture(tokens[end - 1]):
            break
        end += 1
    return end


def _is_picture(token: str) -> bool:
    return _PICTURES.fullmatch(token) is not None


def _is_broken(token: str, words: Lexicon) -> bool:
    """A piece that is no word."""
    piece = token.strip(_AROUND).lower()
    return not _is_picture(token) and (
        piece not in words.ranks or (len(piece) < _MIN_PIECE and piece not in _SHORT_WORDS)
    )


def _is_candidate(row: list[str]) -> bool:
    """Pictures and pieces of words."""
    pieces = [token.strip(_AROUND) for token in row if not _is_picture(token)]
    return 0 < len(pieces) < len(row) and all(_PIECE.fullmatch(piece) is not None for piece in pieces)


@lru_cache(maxsize=4096)
def _spelt(row: str) -> str | None:
    words = lexicon()
    found = spell(row.lower(), words)
    if found is None or len(found.word) < len(row):
        return None
    if found.word in core() or found.word in words.profane:
        return found.word if 2 * found.n_guessed <= len(found.word) else None
    is_shown = not found.n_guessed and all(char.isascii() or letters_of(char) for char in row)
    return found.word if is_shown and len(found.word) >= _MIN_LETTERS else None
