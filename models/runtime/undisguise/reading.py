"""Reading: every step against disguise in order, and the guard that lets ordinary text pass untouched."""

import re
from functools import lru_cache, partial
from typing import Final

from models.runtime.undisguise.effort import Effort
from models.runtime.undisguise.embedded import join_pictures
from models.runtime.undisguise.encodings import decode_runs, read_backwards
from models.runtime.undisguise.guessing import MAX_CHARS, guess, is_known
from models.runtime.undisguise.leet import SIGNS, read_leet
from models.runtime.undisguise.lexicon import Lexicon, lexicon
from models.runtime.undisguise.lookalikes import read_lookalikes, strip_marks
from models.runtime.undisguise.masks import MASKS, fill_mask
from models.runtime.undisguise.pictographs import name_emoji, spell_emoji
from models.runtime.undisguise.resolving import resolve, resolve_plain
from models.runtime.undisguise.spacing import join_apart, join_chunks, join_fragments, join_rows, join_spaced, unwrap

MAX_ROUNDS: Final = 3
"""How often the steps are repeated while they still change something: a code may hold a disguise."""

_LETTERS: Final = bytes(ord(char.lower()) if char.isascii() and char.isalpha() else 32 for char in map(chr, range(256)))
"""ASCII letters in lower case, and a blank for everything else."""
_SIGNS: Final = re.compile(
    rb"[A-Za-z][$*#@^%+|][$*#@^%+|A-Za-z]|[$@!|0-9(][A-Za-z]{2}"  # a$$, $hit
    rb"|[A-Za-z][][{}<>=~&;:\"!?][A-Za-z]"  # be]tter
    rb"|[A-Za-z][0-9][0-9.'-]*[A-Za-z]"
    rb"|[|\\][^A-Za-z0-9 ]|\(_?\)|/\\"  # letters drawn with signs
    rb"|[01]{8}|[.-] [.-]|%[2-7][0-9A-Fa-f]"  # codes
)
"""Signs that may disguise a text whose letters are all in words: `a$$`, `$hit`, `a**hole`."""
_HARMLESS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ,?':;\""
_FEW_POINTS: Final = 3
"""Points and dashes in a text of words that cannot be Morse yet."""

_CORE: Final = re.compile(r"""^([\s"'(\[{<.,;:?…“‘*_~-]*)(.*?)([\s"')\]}>.,;:!?…”’]*)$""", re.DOTALL)
_ADDRESS: Final = re.compile(r"^(?:https?$|[@#]\w+$|\S+@\S+\.\S|\S*://|[\d.,:/%-]+$)")
_PART: Final = re.compile(r"([-/_.,:;=~…]+|(?<=[A-Za-z])!+(?=[A-Z]))")
_CONTRACTION: Final = re.compile(r"([A-Za-z]+)('[A-Za-z]{1,2})")
_SIGN_BEYOND: Final = re.compile(f"[{re.escape(''.join(sign for sign in (*MASKS, *SIGNS) if not sign.isascii()))}]")
"""Signs beyond ASCII that mask a letter or stand for one."""
_EMPHASIS: Final = "*_~-"
_SELECTED: Final = re.compile("(?<=[A-Za-z0-9])\ufe0f")
_MIN_GUESSES: Final = 2
_SHARE_GUESSED: Final = 0.6
"""Of the unknown words of a disguised text that there is a guess for."""
_SHARE_UNKNOWN: Final = 0.45
"""Of the longer words of a disguised text that are unknown."""
_LONG_WORD: Final = 4


def undisguise(text: str) -> str:
    """Rewrite a normalised text as it was meant to be read: disguised words plain, and emoji named.

    A word changes only if it is no word itself and what it hides is one, so ordinary text stays as it is. Linear in the
    length of the text; never raises; the answer is at most a few times as long as the text.
    """
    if text.isascii() and _is_plain(text):
        return text
    words = lexicon()
    if not text.isascii():
        text = name_emoji(spell_emoji(join_pictures(text, words), words))
    for _ in range(MAX_ROUNDS):
        settled = _rewrite(text, words)
        if settled == text:
            break
        text = settled
    return text


def _rewrite(text: str, words: Lexicon) -> str:
    """One round of the steps for words."""
    effort = Effort()
    if not text.isascii():
        text = _SELECTED.sub("", text)
        text = read_lookalikes(
            text, partial(_is_word, words=words, effort=effort), partial(_is_harm, words=words, effort=effort)
        )
    if text.isascii() and _is_plain(text):
        return text
    text = decode_runs(text, words, partial(_settled, words=words, effort=effort))
    if ")(" in text or "][" in text:
        text = " ".join(unwrap(token, words) for token in text.split(" "))
    read = partial(_read_row, words=words, effort=effort)
    text = join_rows(join_spaced(text, read, words), read, words)
    pieces = text.encode("ascii", "replace").translate(_LETTERS).split()
    n_unknown = sum(piece not in words.pieces for piece in pieces)
    if 2 * n_unknown >= len(pieces):
        turned = read_backwards(text, words)
        if turned != text:
            return turned
    tokens = _settled(text, words, effort).split(" ")
    return " ".join(join_fragments(tokens, words) if n_unknown > 1 else tokens)


def _settled(text: str, words: Lexicon, effort: Effort) -> str:
    """A text, or what a code held, with the disguises of its single words undone."""
    as_written = text.split(" ")
    tokens = [_looked_at(token, words, effort) for token in as_written]
    n_read = sum(token != written for token, written in zip(tokens, as_written, strict=True))
    return " ".join(_guessed(tokens, n_read, words, effort))


def _looked_at(token: str, words: Lexicon, effort: Effort) -> str:
    """One word, if it is short enough to be one and there is effort left; long ones are kept out of the cache."""
    if len(token) > MAX_CHARS or not (is_known(token, words) or effort.may_look(token)):
        return token
    return _token(token)


@lru_cache(maxsize=65536)
def _token(token: str) -> str:
    """One word with the punctuation around it, once for every spelling that is met."""
    return _undisguised(token, lexicon())


def _guessed(tokens: list[str], n_read: int, words: Lexicon, effort: Effort) -> list[str]:
    """Put sure guesses in the place of unknown words, and the others where most of a text is disguised."""
    unknown = [place for place, token in enumerate(tokens) if not is_known(token, words) and effort.may_guess(token)]
    if not unknown:
        return tokens
    short = [place for place in unknown if len(tokens[place]) <= MAX_CHARS]
    guesses = {place: found for place in short if (found := guess(tokens[place])) is not None}
    if not guesses:
        return tokens
    n_long = sum(len(token) >= _LONG_WORD for token in tokens)
    is_disguised = (
        len(guesses) + n_read >= _MIN_GUESSES
        and len(guesses) + n_read >= _SHARE_GUESSED * (len(unknown) + n_read)
        and len(unknown) + n_read >= _SHARE_UNKNOWN * n_long
    )
    for place, found in guesses.items():
        if found.is_sure or is_disguised:
            tokens[place] = found.text
    return tokens


def _is_plain(text: str) -> bool:
    """Whether a text has nothing but known words, and no sign that makes one of them suspicious."""
    letters = text.encode("ascii")
    if not lexicon().pieces.issuperset(letters.translate(_LETTERS).split()):
        return False
    signs = letters.translate(None, _HARMLESS)
    return (len(signs) <= _FEW_POINTS and not signs.strip(b".-")) or _SIGNS.search(letters) is None


def _read(letters: str, words: Lexicon) -> str | None:
    """Letters in lower case, digits and signs among them, as the words they spell."""
    return resolve(letters, words) if letters.isalpha() else read_leet(letters, words)


def _read_row(letters: str, words: Lexicon, effort: Effort) -> str | None:
    """The same for letters that were set apart."""
    return _read(letters, words) if effort.may_look(letters) else None


def _is_word(letters: str, words: Lexicon, effort: Effort) -> bool:
    core = letters.strip(".,;:?!\"'()")
    return words.is_word(core) or (effort.may_look(core) and _undisguised(core, words) != core)


def _is_harm(letters: str, words: Lexicon, effort: Effort) -> bool:
    found = _undisguised(letters, words) if effort.may_look(letters) else letters
    return any(words.is_harmful(word) for word in found.split(" "))


def _undisguised(token: str, words: Lexicon) -> str:
    """One word with the punctuation around it."""
    if len(token) == 1 or (token.isalpha() and token.isascii() and token.lower() in words.ranks):
        return token
    if len(token) > MAX_CHARS or _ADDRESS.match(token) is not None:
        return token
    if not token.isascii():
        bare = strip_marks(token)
        if not bare.isascii() and _SIGN_BEYOND.search(bare) is None:
            return token
        found = _undisguised(bare, words) if bare.isascii() else _uncovered(bare, words)
        return token if found == bare else found
    return _uncovered(token, words)


def _uncovered(token: str, words: Lexicon) -> str:
    match = _CORE.match(token)
    if match is None or not match[2]:
        return token
    before, core, after = match.groups()
    if before and core[-1] in _EMPHASIS:
        core, after = core.rstrip(_EMPHASIS), core[len(core.rstrip(_EMPHASIS)) :] + after
        if not core:
            return token
    found = _whole(core, words) or _parts(core, words)
    if found is None and after and after[0] in "!)]>" and not core.isalpha():
        found = read_leet(core + after[0], words)
        after = after[1:] if found is not None else after
    if found is None and before and before[-1] in "([<{" and not (after and after[0] in ")]>}"):
        found = read_leet(before[-1] + core, words)
        before = before[:-1] if found is not None else before
    if found is None:
        return token
    return f"{before}{_cased(found, core)}{after}"


def _cased(found: str, core: str) -> str:
    """In capitals where the disguise was, as shouting is meaning."""
    letters = [char for char in core if char.isalpha()]
    return found.upper() if len(letters) > 1 and all(map(str.isupper, letters)) else found


def _whole(core: str, words: Lexicon) -> str | None:
    """What a word without punctuation around it stands for; None leaves it alone."""
    if core.isalpha():
        return resolve_plain(core, words) if core.lower() not in words.ranks else None
    contraction = _CONTRACTION.fullmatch(core)
    if contraction is not None:
        found = _whole(contraction[1], words)
        return None if found is None else found + contraction[2]
    return (
        join_apart(core, partial(_read, words=words), words)
        or fill_mask(core, words)
        or join_chunks(core, words)
        or read_leet(core, words)
    )


def _parts(core: str, words: Lexicon) -> str | None:
    """The same for words that signs join: `dumb-a$$`, `sh!t/f*ck`."""
    parts = _PART.split(core)
    if len(parts) == 1:
        return None
    read = [
        part if place % 2 else (_whole(part, words) if len(part) > 1 else None) or part
        for place, part in enumerate(parts)
    ]
    return None if read == parts else "".join(read)
