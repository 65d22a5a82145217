"""Sentences: where each begins and ends, and the same places in UTF-16, as JavaScript and Java count.

A sentence ends at `.`, `!`, `?` or an ellipsis that a blank follows, or at a line break; blanks around it are not part
of it. It is a rule, not a model: "Dr. Who" is two sentences.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_SENTENCE: Final = re.compile(
    r"[^\s](?:[^.!?…。！？\n\r]|[.!?…。！？](?![\s.!?…。！？\"'”’)\]]))*+[.!?…。！？]*+[\"'”’)\]]*+"
)


class Span(NamedTuple):
    """A part of a text: from `begin` up to, and without, `end`."""

    begin: int
    end: int


def split_sentences(text: str, max_spans: int) -> list[Span]:
    """The sentences of a text, in order; neighbours are taken together where there are more than `max_spans`."""
    spans: list[Span] = []
    for match in _SENTENCE.finditer(text):
        n_blank = len(match.group()) - len(match.group().rstrip())
        spans.append(Span(match.start(), match.end() - n_blank))
    step = -(-len(spans) // max_spans)
    return spans if step <= 1 else [_joined(spans[start : start + step]) for start in range(0, len(spans), step)]


def _joined(spans: Sequence[Span]) -> Span:
    return Span(spans[0].begin, spans[-1].end)


def in_utf16(text: str, spans: Sequence[Span]) -> list[Span]:
    """The same spans counted in UTF-16 code units. They are in order and do not overlap."""
    if text.isascii():
        return list(spans)
    places: list[int] = []
    before = n_units = 0
    for place in (place for span in spans for place in span):
        n_units += len(text[before:place].encode("utf-16-le", "surrogatepass")) // 2
        before = place
        places.append(n_units)
    return [Span(*pair) for pair in zip(places[::2], places[1::2], strict=True)]
