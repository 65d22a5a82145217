"""Pictographs: emoji that stand for letters read as letters, all others named in words.

Names are what the encoder can read: its vocabulary has no emoji, so that a headscarf, a banana and a heart were one
unknown token. The tone of skin is named on people, where it says who is meant, and not on hands, where it says who
writes. One emoji several times in a row is named once.
"""

import re
from itertools import accumulate
from typing import Final

from models.runtime.undisguise.lexicon import Lexicon, emoji_names

_TONE: Final = "\U0001f3fb-\U0001f3ff"
_BASE: Final = "\u2300-\u23ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_SEQUENCE: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    rf"|[{_BASE}][\ufe0f{_TONE}]*(?:\u200d[{_BASE}][\ufe0f{_TONE}]*){{0,8}}"
)
_HINT: Final = re.compile(f"[{_BASE}]")
_KEYCAP: Final = re.compile("([0-9#*])(?:\ufe0f*\u20e3)+")
_TONED: Final = re.compile(f"[{_TONE}]")
_LOOSE: Final = re.compile("[\ufe0f\u200d]")
_TONE_NAMES: Final = {
    "\U0001f3fb": "light skin",
    "\U0001f3fc": "light skin",
    "\U0001f3fe": "dark skin",
    "\U0001f3ff": "dark skin",
}
_PEOPLE: Final = re.compile(
    r"\b(?:man|men|woman|women|person|people|boy|girl|child|baby|family|couple|prince|princess)\b"
)

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
_PART: Final = re.compile(rf"[A-Za-z0-9@$!]+|[{''.join(_LETTERS)}]\ufe0f?")
_MAX_PARTS: Final = 8
MAX_WINDOWS: Final = 4096
"""Emoji that show a letter of which words are tried, in one text; those after them stay emoji."""
_MIN_LETTERS: Final = 3
_SQUARED: Final = frozenset(chr(code) for code in (*range(0x1F150, 0x1F16A), *range(0x1F170, 0x1F18A), 0x1F18E))
_SHOWS_LETTER: Final = re.compile(f"[{''.join(_LETTERS)}]")
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]")


def spell_emoji(text: str, words: Lexicon) -> str:
    """Read emoji as letters where they and the letters beside them are one word: `🅱itch`, `f🅰g`, `🇰🇮🇱🇱`.

    Squared letters that are part of no word are single letters. Flags and outlines stay what they are.
    """
    text = _KEYCAP.sub(r"\1", text)
    if _SHOWS_LETTER.search(text) is None:
        return text
    parts = list(_PART.finditer(text))
    out: list[str] = []
    end, place, n_tried = 0, 0, 0
    while place < len(parts):
        is_beside = _shows(parts[place]) or (place + 1 < len(parts) and _shows(parts[place + 1]))
        n_tried += is_beside
        length, word = _window(text, parts, place, words) if is_beside and n_tried <= MAX_WINDOWS else (1, None)
        if word is None and parts[place][0][0] in _SQUARED:
            length, word = 1, _LETTERS[parts[place][0][0]]
            word = f" {word} " if _is_apart(parts, place, text) else word
        if word is not None:
            out += [text[end : parts[place].start()], word]
            end = parts[place + length - 1].end()
        place += length
    return " ".join(("".join(out) + text[end:]).split())


def _is_apart(parts: list[re.Match[str]], place: int, text: str) -> bool:
    """Whether a squared letter stands alone, and not in a row of them."""
    return not (place and text[parts[place].start() - 1] in _SQUARED)


def _window(text: str, parts: list[re.Match[str]], start: int, words: Lexicon) -> tuple[int, str | None]:
    """The longest row of parts from here that is a word; its length in parts, 1 where there is none."""
    stop = start + 1
    while stop < min(start + _MAX_PARTS * 2, len(parts)):
        gap = text[parts[stop - 1].end() : parts[stop].start()]
        if gap not in {"", " "} or not (_shows(parts[stop]) or _shows(parts[stop - 1])):
            break
        stop += 1
    row = [part[0].removesuffix("\ufe0f") for part in parts[start:stop]]
    spelt = [_LETTERS.get(part[0], part.lower()) for part in row]
    starts = list(accumulate(spelt))
    for n_parts in range(len(row), 0, -1):
        if _is_spelt(starts[n_parts - 1], row[:n_parts], words):
            return n_parts, starts[n_parts - 1]
    return 1, None


def _shows(part: re.Match[str]) -> bool:
    return part[0][0] in _LETTERS


def _is_spelt(word: str, row: list[str], words: Lexicon) -> bool:
    """Outlines and flags are emoji of their own: a word of harm or broken words beside them make them letters."""
    if word not in words.ranks or len(word) < _MIN_LETTERS:
        return False
    shown = [part[0] for part in row if part[0] in _LETTERS]
    if not shown:
        return False
    if any(char in _OUTLINES for char in shown):
        beside = [part.lower() for part in row if part[0] not in _LETTERS]
        return any(piece not in words.ranks for piece in beside) or (
            len(row) >= _MIN_LETTERS and words.is_harmful(word)
        )
    if _FLAG.fullmatch(shown[0]) is not None and len(shown) < _MIN_LETTERS:
        return False
    return len(word) > _MIN_LETTERS or words.is_harmful(word)


def name_emoji(text: str) -> str:
    """Put names in the place of emoji; joiners and selectors left over go, and what has no name stays.

    What the names may add to a text is bounded; the emoji after that stay.
    """
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
