"""Guessing: what a word that no single step reads may stand for, and whether the word alone is proof enough.

A guess is sure where it is a word of harm that nothing ordinary looks like. One that is an ordinary word counts only
when several words of a text are disguised (`reading`).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from models.runtime.undisguise.alphabets import is_medley, is_never_mixed, is_of_asia, script, spell_out
from models.runtime.undisguise.core import core
from models.runtime.undisguise.lattice import Spelling, spell
from models.runtime.undisguise.lexicon import Lexicon, lexicon, ordinary
from models.runtime.undisguise.misspelling import backwards, nearest, same_sound
from models.runtime.undisguise.resolving import segment
from models.runtime.undisguise.shapes import letters_of

MAX_CHARS: Final = 60
_EDGES: Final = re.compile(r"""^([\s"'(\[{<.,;:?…*_~-]*)(.*?)([\s"')\]}>.,;:!?…]*)$""", re.DOTALL)
_END: Final = re.compile(r"""[\s"'.,;:?!…]*$""")
_ADDRESS: Final = re.compile(r"^(?:https?$|\W*@\w+\W*$|\S*@user|\S+@\S+\.\S|\S*://|[\d.,:/%$€£+-]+$)")
_HASHTAG: Final = re.compile(r"#([A-Za-z]{6,40})$")
_CAMEL: Final = re.compile("(?<=[a-z])(?=[A-Z])")
_CONTRACTION: Final = re.compile(r"([A-Za-z]{3,})('[A-Za-z]{1,2})")
_ENDS: Final = re.compile(r"^[^a-z]+|[^a-z]+$")
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_NATURAL: Final = frozenset("-'./:,&_")
"""Signs that join words, too."""
_BETWEEN: Final = _NATURAL | frozenset('"()!;')
"""Signs that stand between words where a blank was forgotten."""
_NOT_LETTERS: Final = re.compile("[^a-z]+")
_WRAPPED: Final = re.compile(r"(?:\([A-Za-z0-9]\)|\[[A-Za-z0-9]\]|\{[A-Za-z0-9]\}){3,}")
_OPEN_PAIR: Final = re.compile(r"[(\[{][A-Za-z0-9][)\]}]")
_LONG_RUN: Final = re.compile(r"(.)\1{2,}")
_JOINTS: Final = re.compile(r"[\W_]+")
_AFFIXES = "over back out off down under self man men shot line made time full less like work able load show free"
_PARTICLES: Final = frozenset(_AFFIXES.split())
"""Words that make compounds of others."""
_MIN_JOINED: Final = 7
_MIN_PIECE: Final = 3
_COMMON_PIECE: Final = 2000
_COMMON_SHORT: Final = 800
_COMMON_MIXED: Final = 8000
_SHORT_HARM: Final = frozenset({"die", "gay", "jew", "gun", "fag", "ass", "cum", "tit", "nig"})
_PLAIN_HARM: Final = frozenset({"kill", "hate", "rape", "kills", "hates"})
_SHORT_SOUNDS: Final = frozenset({"kill", "dick", "cock", "fuck", "rape"})
_MIN_LETTERS: Final = 4
_LONG: Final = 6
_DEAR: Final = 0.36
"""What a letter of a word of several alphabets may cost, taken for an unusual one; more, and some were left out."""
_RAREST: Final = 1.0
"""What it may cost besides for being rare."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a word with the punctuation around it may have meant."""

    text: str
    is_sure: bool


def is_known(token: str, words: Lexicon) -> bool:
    """Whether there is nothing to guess: a known word, or no letters at all."""
    low = token.strip(".,!?\"'()-:;*").lower()
    if low in words.respelt:
        return False
    return not low or low in words.ranks or (low.isascii() and low.isdigit()) or low.encode() in words.pieces


@lru_cache(maxsize=65536)
def guess(token: str) -> Guess | None:
    """The best guess at a token that is no known word; None where there is none."""
    if len(token) > MAX_CHARS or _ADDRESS.match(token) is not None:
        return None
    words = lexicon()
    hashtag = _HASHTAG.match(token.rstrip(".,!?"))
    if hashtag is not None:
        return _hashtag(hashtag[1], words)
    match = _EDGES.match(token)
    if match is None or not match[2]:
        return None
    before, inner, after = match.groups()
    if _OPEN_PAIR.search(token) is not None:
        end = _END.search(token)
        before, inner, after = "", token[: end.start()] if end else token, end[0] if end else ""
    contraction = _CONTRACTION.fullmatch(inner)
    if contraction is not None and contraction[1].lower() not in words.ranks:
        inner, after = contraction[1], contraction[2] + after
    if inner.isascii() and inner.isalpha():
        found = _plain(inner, words)
    else:
        found = _signed(inner, words)
        if found is None or not found.is_sure:
            end = _END.search(token)
            whole = token[: end.start()] if end is not None else token
            wider = _signed(whole, words) if whole != inner else None
            if wider is not None and (found is None or wider.is_sure):
                found, before, after = wider, "", token[len(whole) :]
    if found is None:
        return None
    text = found.text.upper() if _is_shouted(inner) else found.text
    return Guess(f"{before}{text}{after}", found.is_sure)


def _is_shouted(inner: str) -> bool:
    letters = [char for char in inner if char.isalpha() and char.isascii()]
    return len(letters) > 1 and all(map(str.isupper, letters))


def _hashtag(name: str, words: Lexicon) -> Guess | None:
    pieces = [piece.lower() for piece in _CAMEL.split(name)]
    if len(pieces) > 1 and all(map(words.is_word, pieces)):
        return Guess(" ".join(pieces), any(piece in core() for piece in pieces))
    cut = segment(name.lower())
    return None if cut is None else Guess(" ".join(cut), _is_joined_harm(cut, is_name=False))


def _plain(inner: str, words: Lexicon) -> Guess | None:
    """A word of plain letters: backwards, by its sound, with one letter wrong, or words run together."""
    low = inner.lower()
    if low in words.respelt:
        return Guess(words.respelt[low], is_sure=True)
    if words.is_word(low) or len(low) < _MIN_PIECE or low in ordinary():
        return None
    is_name = inner[0].isupper() and not inner.isupper()
    turned, near, alike = backwards(low, words), nearest(low, words), same_sound(low)
    harm = turned if turned in core() else None if is_name else _misspelt_harm(low, near, alike, words)
    if harm is not None:
        return Guess(harm, is_sure=True)
    pieces = segment(low)
    joined = " ".join(pieces) if pieces is not None else None
    if pieces is not None and joined is not None and _is_joined_harm(pieces, is_name=is_name):
        return Guess(joined, is_sure=True)
    loose = turned or near or (None if is_name else joined) or alike
    return None if loose is None or len(low) < _MIN_LETTERS else Guess(loose, is_sure=False)


def _misspelt_harm(low: str, near: str | None, alike: str | None, words: Lexicon) -> str | None:
    """The word of harm that a wrong letter or a spelling by sound leaves no doubt about."""
    if alike in core() and (near not in core() or near == alike):
        return alike if len(low) >= _MIN_LETTERS or alike in _SHORT_SOUNDS else None
    if near not in core() or len(low) < _MIN_LETTERS:
        return None
    return near if len(low) > _MIN_LETTERS or near in words.profane or near in _PLAIN_HARM else None


def _is_joined_harm(pieces: list[str], *, is_name: bool) -> bool:
    others = [piece for piece in pieces if piece not in core()]
    words = lexicon()
    return (
        not is_name
        and len(pieces) > 1
        and len(others) < len(pieces)
        and sum(map(len, pieces)) >= _MIN_JOINED
        and all(
            len(piece) >= _MIN_PIECE and words.rank(piece) < _COMMON_PIECE and piece not in _PARTICLES
            for piece in others
        )
    )


def _signed(inner: str, words: Lexicon) -> Guess | None:
    """A word with digits, signs or foreign letters in it."""
    low = inner.translate(_LOWER)  # of other letters, the large and the small one may look like different Latin ones
    if _WRAPPED.fullmatch(inner) is not None and low[1::3] in words.ranks:
        return Guess(low[1::3], is_sure=True)
    if not _may_be_disguised(low, words):
        return None
    found = spell(low, words) or spell(_LONG_RUN.sub(r"\1\1", low), words)
    if found is not None and (_is_sure(found, low, words) or (is_medley(low) and _is_spelt_out(found, low))):
        return Guess(found.word, is_sure=True) if found.word != _known_inside(low, words) else None
    if _known_inside(low, words) is not None:
        return None
    joined = _joined(low, words) or _letter_by_letter(low)
    if joined is not None or found is None or found.word == low:
        return joined
    return Guess(found.word, is_sure=False) if _is_likely(found, low, words) else None


def _is_spelt_out(found: Spelling, low: str) -> bool:
    """Whether every sign stands for a letter of the word."""
    return not found.n_guessed and found.cost < _DEAR * len(low) + _RAREST


def _letter_by_letter(low: str) -> Guess | None:
    """A word of several alphabets that is no known one, such as a name."""
    letters = spell_out(low)
    return None if letters is None else Guess(letters, is_sure=True)


def _is_likely(found: Spelling, low: str, words: Lexicon) -> bool:
    """Whether a word may count where other words of the text are disguised as well."""
    n_digits = sum(map(str.isdigit, low))
    is_rare = len(found.word) < _MIN_LETTERS and (found.n_guessed or words.rank(found.word) > _COMMON_SHORT)
    return (
        not is_rare
        and n_digits <= len(low) // 2 + 1
        and (2 if found.word in core() else 3) * found.n_guessed <= len(found.word)
        and any(map(str.isalpha, low))
    )


def _joined(low: str, words: Lexicon) -> Guess | None:
    """Words run together and disguised besides: every sign for what it is usually written for."""
    for one in "il":
        letters = "".join(
            char if char.isascii() and char.isalpha() else letters_of(char)[:1] if char not in "1!|" else one
            for char in low
        )
        pieces = segment(letters)
        if pieces is not None and any(piece in core() for piece in pieces):
            others = [piece for piece in pieces if piece not in core()]
            return Guess(" ".join(pieces), all(words.rank(piece) < _COMMON_SHORT for piece in others))
        harm = _misspelt_harm(letters, nearest(letters, words), same_sound(letters), words)
        if harm is not None and len(letters) > _MIN_LETTERS and letters not in ordinary():
            return Guess(harm, is_sure=True)
    return None


def _may_be_disguised(low: str, words: Lexicon) -> bool:
    """Not words that ordinary signs join, not a number with a unit, and not a word of another language."""
    foreign = [char for char in low if not char.isascii() and char.isalpha()]
    n_latin = sum(char.isascii() and char.isalpha() for char in low)
    if foreign and not n_latin and len(set(map(script, foreign))) == 1:
        return False
    signs = {char for char in low if not char.isalnum()}
    pieces = [piece for piece in _JOINTS.split(low) if piece]
    if signs <= _BETWEEN and not foreign and all(piece.isdigit() or piece.encode() in words.pieces for piece in pieces):
        return False
    if signs == {"'"} and len(pieces[0]) == 1:
        return False
    if not foreign and _known_inside(low, words) is not None:
        return len(signs) > 1 and not any(map(str.isdigit, low))
    return bool(n_latin or foreign or len(low) > _MIN_LETTERS)


def _known_inside(low: str, words: Lexicon) -> str | None:
    """The known word that signs stand before and after, as in `>!spoiler!<`."""
    rest = _ENDS.sub("", low)
    return rest if rest.isalpha() and rest in words.ranks and len(rest) > 1 else None


def _is_sure(found: Spelling, low: str, words: Lexicon) -> bool:
    """Whether a disguised word is one of harm beyond doubt."""
    word = found.word
    n_latin = sum(char.isascii() and char.isalpha() for char in low)
    foreign = [char for char in low if not char.isascii() and char.isalpha()]
    if foreign and found.n_guessed and any(is_of_asia(char) for char in foreign):
        return False
    signs = {char for char in low if not char.isalnum()}
    if len(word) < _MIN_LETTERS:
        return word in _SHORT_HARM and not found.n_guessed and n_latin > 0 and not signs & _NATURAL
    if word in core():
        share = 2 if word in words.profane or n_latin >= _MIN_PIECE else 3
        return share * found.n_guessed <= len(word) and (n_latin > 1 or not found.n_guessed)
    if word in words.harmful:
        return not found.n_guessed and n_latin > 1
    if foreign and not signs and not found.n_guessed and words.rank(word) < _COMMON_MIXED:
        return all(is_never_mixed(char) for char in foreign)
    return len(word) >= _LONG - 1 and not found.n_guessed and n_latin > 1 and not foreign and _is_broken(low, words)


def _is_broken(low: str, words: Lexicon) -> bool:
    """Whether signs that nobody puts between letters break a word into what are no words."""
    signs = {char for char in low if not char.isalnum()}
    pieces = [piece for piece in _NOT_LETTERS.split(low) if piece]
    return bool(signs) and not signs & _NATURAL and not any(piece in words.ranks for piece in pieces)
