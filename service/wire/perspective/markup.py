"""Markup: the text that a reader of an HTML comment sees, and where each of its characters came from.

Tags go, and one that ends a line becomes a line break; entities are decoded; comments, scripts and styles are dropped.
What cannot be read as markup (a tag or comment that never ends) stays as text and is scored: nothing hides
behind a broken tag. Every step is linear in the length of the text.
"""

import html
import re
from dataclasses import dataclass
from typing import Final

from service.wire.perspective.sentences import Span

_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,63})(?=[\s/>])(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SILENT: Final = {
    name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("script", "style", "template", "noscript")
}
_LINES: Final = re.compile(
    "address|article|aside|blockquote|br|d[dlt]|div|fieldset|fig(caption|ure)|footer|form|h[1-6r]|header|li|main|nav|ol|p|pre"
    "|section|table|t[dhr]|ul"
)
"""Elements that stand on lines of their own."""
MAX_BROKEN: Final = 64
"""Tags, comments and scripts without an end, after which every further `<` is taken as text: bounds the work."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without its markup.

    Attributes:
        text: what is seen.
        begins: for each of its characters where that begins in the source.
        ends: and where it ends.

    """

    text: str
    begins: list[int]
    ends: list[int]

    def in_source(self, span: Span) -> Span:
        """The part of the source that a part of the text came from. The span is not empty."""
        return Span(self.begins[span.begin], self.ends[span.end - 1])


class _Stripper:
    def __init__(self, source: str) -> None:
        self._source = source
        self._chars: list[str] = []
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._n_broken = 0

    def run(self) -> Plain:
        place, end = 0, len(self._source)
        while place < end:
            opening = self._source.find("<", place)
            if opening < 0 or self._n_broken > MAX_BROKEN:
                opening = end
            self._add_text(place, opening)
            place = self._skip(opening) if opening < end else end
        return Plain("".join(self._chars), self._begins, self._ends)

    def _skip(self, opening: int) -> int:
        """Where the text goes on after what begins with `<`."""
        source = self._source
        if source.startswith("<!--", opening):
            closing = source.find("-->", opening + 4)
            return closing + 3 if closing >= 0 else self._keep(opening)
        if source.startswith(("<!", "<?"), opening):
            closing = source.find(">", opening + 2)
            return closing + 1 if closing >= 0 else self._keep(opening)
        tag = _TAG.match(source, opening)
        if tag is None:
            return self._keep(opening)
        name = tag[2].lower()
        if name in _SILENT and not tag[1]:
            closing_tag = _SILENT[name].search(source, tag.end())
            return closing_tag.end() if closing_tag else self._keep(opening)
        if _LINES.fullmatch(name):
            self._add("\n", opening, tag.end())
        return tag.end()

    def _keep(self, opening: int) -> int:
        self._n_broken += 1
        self._add("<", opening, opening + 1)
        return opening + 1

    def _add_text(self, begin: int, end: int) -> None:
        place = begin
        for entity in _ENTITY.finditer(self._source, begin, end):
            self._add_plain(place, entity.start())
            place = entity.end()
            for char in html.unescape(entity.group()):
                self._add(char, entity.start(), place)
        self._add_plain(place, end)

    def _add_plain(self, begin: int, end: int) -> None:
        self._chars.append(self._source[begin:end])
        self._begins.extend(range(begin, end))
        self._ends.extend(range(begin + 1, end + 1))

    def _add(self, char: str, begin: int, end: int) -> None:
        self._chars.append(char)
        self._begins.append(begin)
        self._ends.append(end)


def strip_markup(source: str) -> Plain:
    """The text of an HTML comment."""
    return _Stripper(source).run()
