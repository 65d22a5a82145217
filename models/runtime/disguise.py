"""Disguise: how much of a text is written so that filters do not read it. For monitoring: waves of it must show.

Two numbers, both shares. `altered_share` is of characters that only serve to disguise and that normalisation takes
away, replaces or bounds: invisible ones inside of words, other forms of plain letters, stacked marks.
`disguised_share` is of words that are still disguised afterwards, as in `h4te`, `f*ck`, `$tupid`, `k i l l`, or with a
Cyrillic letter among Latin ones. Neither says that a text is bad: a model name can look like a disguise, and the rules
are made so that ordinary text, code, prices, times and model names mostly do not (`tests/runtime/test_disguise.py` has
them).

Linear in the length of the text. ASCII text without a suspicious sign costs about a microsecond.
"""

import re
from typing import Final

_PLAIN = "A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u052f"
"""Letters of scripts that never need an invisible character inside of a word."""
_INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
"""As `models.runtime.normalization` removes them, and the joiner."""
_HIDDEN_RUN: Final = 9
"""So many invisible characters in a row carry something wherever they stand; flags of regions need six."""
_FORMS = "\uff21-\uff3a\uff41-\uff5a\u249c-\u24e9\U0001d400-\U0001d7ff\U0001f110-\U0001f149"
_UNASSIGNED = (
    "\U0001d455\U0001d49d\U0001d4a0\U0001d4a1\U0001d4a3\U0001d4a4\U0001d4a7\U0001d4a8\U0001d4ad\U0001d4ba\U0001d4bc"
    "\U0001d4c4\U0001d506\U0001d50b\U0001d50c\U0001d515\U0001d51d\U0001d53a\U0001d53f\U0001d545\U0001d547-\U0001d549"
    "\U0001d551\U0001d6a6\U0001d6a7\U0001d7cc\U0001d7cd\U0001f12f"
)
_LOOKALIKE = rf"(?![{_UNASSIGNED}])[{_FORMS}]"
"""Full-width, parenthesised, circled, mathematical and squared letters, which NFKC turns into plain ones, without the
code points between them that it leaves alone."""
_MARK = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
"""Marks that go on any letter; no orthography stacks three of them."""
_MAYBE_ALTERED: Final = re.compile(f"[{_INVISIBLE}{_FORMS}{_MARK}]")
_ALTERED: Final = re.compile(
    rf"(?<=[{_PLAIN}0-9])[{_INVISIBLE}]+(?=[{_PLAIN}0-9])|[{_INVISIBLE}]{{{_HIDDEN_RUN},}}|(?:{_LOOKALIKE})+|[{_MARK}]{{3,}}"
)

_LEET_DIGITS: Final = "013457"
_SIGNS: Final = "@!*#$"
_JOINTS: Final = "._~-"
_SHAPE: Final = bytes(
    ord("a") if chr(code).isalpha() else ord("0") if chr(code) in _LEET_DIGITS + _SIGNS else code for code in range(128)
).translate(bytes(ord(".") if chr(code) in _JOINTS else code for code in range(256))) + bytes(range(128, 256))
"""ASCII with every letter as `a`, as `0` what stands for letters, and as a point what joins letters apart."""
_SIGN_HINTS: Final = (b"a0a", b"a00", b"0aaa")
_APART_HINTS: Final = (re.compile(rb" a a a"), re.compile(rb"a\.a\.a\.a"))
"""Without any of these in its shape, nothing in an ASCII text is disguised. One expression for all of them would cost
more than each of them in turn, as those that begin with plain characters are searched fast."""
_CANDIDATE: Final = re.compile(rf"[{_LEET_DIGITS}{_SIGNS}{_JOINTS}]")

_LEET: Final = re.compile(
    r"(?<![^\W_])(?=(?:\d*[^\W\d_]){3})(?=\w{4,14}(?!\w))"
    r"[013457]?[^\W\d_]+(?:([013457])\1?[^\W\d_]+)+(?<![0-9]s)[013457]?(?![^\W_])"
)
"""A digit, single or doubled, between letters: `h4te`, `st00pid`. Not `covid19`, `3pm`, `mp3s`, `i18n`, `h2o`."""
_LETTERS_PER_DIGIT: Final = 1.0
_SIGNED: Final = re.compile(
    r"(?<![\w*])(?=[\w*]{4})[a-z]{1,3}\*{1,8}[a-z]+"  # f*ck, b**ch
    r"|(?<![\w*])[a-z]{1,2}\*{2,8}(?![\w*])"  # f***
    r"|(?<![^\W_])[a-z]{1,6}@[a-z]+(?![\w.@-])"  # b@stard, and no address of e-mail
    r"|(?<![^\W_])[a-z]{1,2}!{1,2}[a-z]+"  # sh!t
    r"|(?<![^\W_])[a-z]{1,3}#[a-z]{2,}"  # f#ck
    r"|[a-z]\$+[a-z]|(?<![\w$])[a-z]{1,4}\${2}(?![\w$])",  # pu$$y, ki$$
    re.IGNORECASE,
)
_DOLLAR_WORD: Final = re.compile(r"(?<![\w$])\$[cehiklmnopqtuw][a-z]{2,}(?![\w$])")
"""`$tupid`, where what follows can follow an s; shares (`$TSLA`) are in capitals and prices in digits."""
_DOTTED: Final = re.compile(
    r"(?<![^\W_])(?:[a-z](?:\.[a-z]){3,}|[A-Za-z](?:([_*~-])[A-Za-z])(?:\1[A-Za-z]){2,})(?![^\W_])"
)
"""`k.i.l.l`, `K-I-L-L`; capitals with points between them are initials."""
_SPACED: Final = re.compile(rf"(?<![^ ])[{_PLAIN}](?: [{_PLAIN}]){{3,}}(?![^ .,!?])")
_FOREIGN = "\u0370-\u03ff\u0400-\u052f\u0531-\u058f\u13a0-\u13ff"
"""Greek, Cyrillic, Armenian and Cherokee have letters that look like Latin ones."""
_MIXED: Final = re.compile(
    rf"[A-Za-z\u00c0-\u024f][{_FOREIGN}]|[\u0400-\u052f\u0531-\u058f\u13a0-\u13ff][A-Za-z\u00c0-\u024f]"
)
"""Greek before Latin is a unit or a formula: `\u03bcm`, `\u0394t`."""
_SMALL_CAPITAL: Final = re.compile("[\u1d00-\u1d25\ua730\ua731\u0262\u026a\u0274\u0280\u028f\u0299\u029c\u029f]{2}")


def altered_share(raw: str, text: str) -> float:
    """The share of a text's characters, as posted, that are a disguise which normalisation undoes, in [0, 1].

    Masks, folded blanks, repaired encodings and straightened quotes are none.

    Args:
        raw: as posted.
        text: the same, normalised.

    """
    if (raw.isascii() and len(raw) == len(text)) or _MAYBE_ALTERED.search(raw) is None:
        return 0.0
    return sum(len(match) for match in _ALTERED.findall(raw)) / len(raw)


def disguised_share(text: str) -> float:
    """The share of a normalised text's words that look disguised, in [0, 1]."""
    if text.isascii():
        shape = text.encode("ascii").translate(_SHAPE)
        is_signed = b"0" in shape and any(map(shape.__contains__, _SIGN_HINTS))
        if not is_signed and all(hint.search(shape) is None for hint in _APART_HINTS):
            return 0.0
    n_words = text.count(" ") + 1
    n_spaced = sum(match.group().count(" ") + 1 for match in _SPACED.finditer(text))
    return min(1.0, (sum(map(_is_disguised, text.split(" "))) + n_spaced) / n_words)


def _is_disguised(word: str) -> bool:
    """One word of a normalised text, with the punctuation around it."""
    if not word.isascii() and (_MIXED.search(word) is not None or _SMALL_CAPITAL.search(word) is not None):
        return True
    if _CANDIDATE.search(word) is None:
        return False
    return (
        _SIGNED.search(word) is not None
        or _DOLLAR_WORD.search(word) is not None
        or _DOTTED.search(word) is not None
        or any(map(_is_leet, _LEET.finditer(word)))
    )


def _is_leet(match: re.Match[str]) -> bool:
    """Enough letters for its digits, and not the changing case of a random string."""
    word = match.group()
    n_digits = sum(map(str.isdigit, word))
    return len(word) - n_digits >= _LETTERS_PER_DIGIT * n_digits and (word[1:].islower() or word.isupper())
