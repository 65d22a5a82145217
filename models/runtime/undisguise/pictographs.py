"""Pictographs: emoji that stand for letters read as letters, all others named in words.

Names are what the encoder can read: its vocabulary has no emoji, so that a headscarf, a banana and a heart were one
unknown token. The tone of skin is named on people, where it says who is meant, and not on hands, where it says who
writes. One emoji several times in a row is named once.
"""

import re
from typing import Final

from models.runtime.undisguise.lexicon import Lexicon, emoji_names

_TONE: Final = "\U0001f3fb-\U0001f3ff"
_BASE: Final = "\u2300-\u23ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_SEQUENCE: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    rf"|[{_BASE}][\ufe0f{_TONE}]*(?:\u200d[{_BASE}][\ufe0f{_TONE}]*){{0,8}}"
)
_HINT: Final = re.compile(f"[{_BASE}]")
_KEYCAP: Final = re.compile("([0-9#*])\ufe0f?\u20e3")
_TONED: Final = re.compile(f"[{_TONE}]")
_LOOSE: Final = re.compile("[\ufe0f\u200d]")
_TONE_NAMES: Final = {
    "\U0001f3fb": "light skin",
    "\U0001f3fc": "light skin",
    "\U0001f3fe": "dark skin",
    "\U0001f3ff": "dark skin",
}
_PEOPLE: Final = re.compile(r"\b(?:man|men|woman|women|person|people|boy|girl|child|baby|family|couple|prince|princess)\b")

BUDGET_SHARE: Final = 2
BUDGET_CHARS: Final = 4096
"""Characters of names that a text may get: so many times its length, and so many more."""

_LETTERS: Final = {
    **{chr(0x1F170 + place): chr(97 + place) for place in range(26)},
    **{chr(0x1F150 + place): chr(97 + place) for place in range(26)},
    **{chr(0x1F1E6 + place): chr(97 + place) for place in range(26)},
    "\U0001f18e": "ab",
    "\U0001f191": "cl",
    "\u2b55": "o",
    "\U0001f17e": "o",
    "\U0001f534": "o",
    "\u26aa": "o",
    "\u2757": "i",
    "\u2755": "i",
    "\u274c": "x",
    "\u274e": "x",
    "\u271d": "t",
    "\u2795": "t",
    "\U0001f4b2": "s",
    "\U0001f4b0": "s",
    "\u24c2": "m",
    "\u2139": "i",
}
"""Emoji that show a letter, or its outline."""
_OUTLINES: Final = frozenset("\u2b55\U0001f534\u26aa\u2757\u2755\u274c\u274e\u271d\u2795\U0001f4b2\U0001f4b0\u2139")
_LETTER: Final = "".join(_LETTERS)
_SPELT: Final = re.compile(rf"(?<![^\W_])(?:[A-Za-z0-9]{{1,12}} ?)?(?:[{_LETTER}]\ufe0f? ?)+(?:[A-Za-z0-9]{{1,12}}(?: ?[{_LETTER}]\ufe0f? ?)*){{0,3}}(?![^\W_])")
_PIECE: Final = re.compile("[A-Za-z0-9]+")
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]")


def spell_emoji(text: str, words: Lexicon) -> str:
    """Read emoji as letters where they and the letters beside them are one word: `🅱itch`, `f🅰g`, `🇰🇮🇱🇱`."""
    text = _KEYCAP.sub(r"\1", text)
    return _SPELT.sub(lambda found: _spell(found, words), text)


def _spell(found: re.Match[str], words: Lexicon) -> str:
    """A row of letters and emoji, as one word if it is one, or the part of it around the emoji that is."""
    whole = found[0]
    parts = re.findall(rf"[A-Za-z0-9]+|[{_LETTER}]", whole)
    letters = [_LETTERS.get(part, part.lower()) for part in parts]
    shows = [part in _LETTERS for part in parts]
    tail = " " if whole.endswith(" ") else ""
    for start, end in ((0, len(parts)), (1, len(parts)), (0, len(parts) - 1), (1, len(parts) - 1)):
        if end <= start or not any(shows[start:end]) or any(shows[:start]) or any(shows[end:]):
            continue
        word = "".join(letters[start:end])
        if _is_spelt(word, parts[start:end], words):
            return " ".join([*parts[:start], word, *parts[end:]]) + tail
    if any(part in _OUTLINES or _FLAG.fullmatch(part) for part in parts):
        return whole
    return " ".join(letters) + tail


def _is_spelt(word: str, parts: list[str], words: Lexicon) -> bool:
    """Outlines and flags are emoji of their own: only a word of harm, or broken words beside them, make them letters."""
    if not words.is_word(word) or len(word) < 3:
        return False
    if any(part in _OUTLINES for part in parts):
        beside = [part.lower() for part in parts if part not in _LETTERS]
        return any(piece not in words.ranks for piece in beside) or (len(parts) > 2 and words.is_harmful(word))
    if len(parts) == 2 and all(_FLAG.fullmatch(part) for part in parts):
        return False
    return len(word) > 3 or words.is_harmful(word)


def name_emoji(text: str) -> str:
    """Put names in the place of emoji; joiners and selectors left over go, and what has no name stays."""
    if _HINT.search(text) is None:
        return text
    names = emoji_names()
    budget = BUDGET_SHARE * len(text) + BUDGET_CHARS
    parts: list[str] = []
    end, last = 0, ""
    for found in _SEQUENCE.finditer(text):
        between = text[end : found.start()]
        name = _name(found[0], names)
        if budget < len(name):
            break
        if not name:
            parts.append(text[end : found.end()])
            end, last = found.end(), ""
            continue
        is_repeated = name == last and not between.strip(" \ufe0f\u200d")
        parts.append(between if is_repeated else f"{between} {name} ")
        budget -= 0 if is_repeated else len(name) + 2
        end, last = found.end(), name
    named = "".join(parts) + text[end:]
    return " ".join(_LOOSE.sub("", named).split())


def _name(sequence: str, names: dict[str, str]) -> str:
    """The name of a sequence, or of each of its emoji where the sequence has none."""
    bare = _TONED.sub("", sequence.replace("\ufe0f", ""))
    tone = next((_TONE_NAMES.get(found[0], "") for found in _TONED.finditer(sequence)), "")
    name = names.get(bare)
    if name is None:
        name = " ".join(filter(None, (names.get(char) for char in bare)))
    return f"{tone} {name}" if tone and _PEOPLE.search(name) is not None else name
