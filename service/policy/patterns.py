"""Patterns: regular expressions by RE2, which takes time linear in the text whatever the pattern is.

Source: Cox 2010, "Regular Expression Matching in the Wild" (https://swtch.com/~rsc/regexp/regexp3.html).
"""

from typing import Final, Protocol, cast

MAX_PATTERN_CHARS: Final = 500
"""Of one pattern as written."""
MAX_PROGRAM: Final = 4_000
"""Instructions of all patterns of a policy together: the factor in front of the length of a text."""
_MAX_MEMORY: Final = 2 * 1024 * 1024
"""Bytes of states that RE2 keeps for one list; with more of them it goes on slower, still in linear time."""


class PatternError(ValueError):
    """A pattern cannot be used; the message says what is legal and never more of the pattern than RE2 names."""


class Pattern(Protocol):
    """A compiled pattern."""

    @property
    def programsize(self) -> int:
        """Instructions."""
        ...

    def search(self, text: str) -> object | None:
        """Whether it occurs in the text: None when it does not."""
        ...

    def fullmatch(self, text: str) -> object | None:
        """Whether it is the whole text."""
        ...


def compile_pattern(text: str) -> Pattern:
    """A pattern that neither takes long nor matches everything; the case of letters does not count.

    Raises:
        PatternError: It is too large, not one of RE2's, or matches the empty text.

    """
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.never_capture = True
    options.case_sensitive = False
    options.log_errors = False
    try:
        pattern = cast("Pattern", re2.compile(text, options))
    except re2.error as error:
        raise PatternError(f"not a pattern of RE2 ({_said(error)})") from None
    if pattern.programsize > MAX_PROGRAM:
        raise PatternError(f"a pattern has at most {MAX_PROGRAM} instructions, and this one has {pattern.programsize}")
    if pattern.search("") is not None:
        raise PatternError("it matches the empty text, so it would match everything")
    return pattern


def _said(error: Exception) -> str:
    """RE2's own words, which come as bytes."""
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
