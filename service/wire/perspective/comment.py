"""Comments: a text as it was sent and as it is scored, its sentences, and its languages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.wire.perspective.language import ENGLISH
from service.wire.perspective.markup import Plain
from service.wire.perspective.sentences import Span, in_utf16, split_sentences

SUPPORTED_LANGUAGES: Final = (ENGLISH,)
"""What the models read."""
MAX_SPANS: Final = 64
"""Spans of one comment; of a longer one, neighbouring sentences are taken together."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A text as it was sent, and as it is scored.

    Attributes:
        source: as sent.
        plain: without its markup; None where it was sent as plain text.

    """

    source: str
    plain: Plain | None = None

    @property
    def text(self) -> str:
        """What is scored."""
        return self.source if self.plain is None else self.plain.text

    def sentences(self) -> list[Span]:
        """Where its sentences are in `text`."""
        return split_sentences(self.text, MAX_SPANS)

    def places(self, spans: Sequence[Span]) -> list[Span]:
        """Where spans of `text` are in what was sent, as the wire counts."""
        in_source = spans if self.plain is None else [self.plain.in_source(span) for span in spans]
        return in_utf16(self.source, in_source)

    def whole(self) -> Span:
        """All that was sent, as the wire counts."""
        return in_utf16(self.source, [Span(0, len(self.source))])[0]


@dataclass(frozen=True, slots=True)
class Languages:
    """What the caller said, and what was recognised where it said nothing."""

    requested: tuple[str, ...]
    detected: tuple[str, ...]

    @property
    def unsupported(self) -> tuple[str, ...]:
        """Those that no model reads."""
        languages = self.requested or self.detected
        return tuple(tag for tag in languages if re.split("[-_]", tag.lower())[0] not in SUPPORTED_LANGUAGES)
