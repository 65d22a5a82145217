r"""Lists: words, phrases and patterns that rules look for in an item's text and in the words of its images.

    lists:
      scams:
        kind: exact                  # exact | regex | fuzzy
        entries: [free gift card, "crypto giveaway"]
        file: scams.txt              # beside the policy: one entry a line, # begins a comment
      contacts:
        kind: regex                  # RE2: no back-references, and linear time
        entries: ['\b\d{3}-\d{4}\b']
        whole: true                  # the whole text, instead of anything in it
      brands:
        kind: fuzzy
        min_similarity: 0.9          # of fuzzy lists
        entries: [examplebank]

Everything is compared as `models.runtime.normalization` writes it, without regard to case. Addresses and users are
masked there, so no entry can name one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from models.runtime.normalization import URL_MASK, USER_MASK, InvalidTextError, normalize
from service.policy.patterns import MAX_PATTERN_CHARS, MAX_PROGRAM, Pattern, PatternError, compile_pattern
from service.policy.reading import Node, Page, PolicyError, Shape, line
from service.policy.suggestions import shown

MAX_ENTRIES: Final = {"exact": 20_000, "regex": 200, "fuzzy": 200}
"""Of all lists of a kind together: they bound the work on a text."""
MAX_ENTRY_CHARS: Final = 200
MAX_FUZZY_CHARS: Final = 64
MIN_FUZZY_CHARS: Final = 4
"""In a shorter word one changed letter makes another word."""
MAX_LISTS: Final = 50
LEAST_SIMILARITY: Final = 0.7
DEFAULT_SIMILARITY: Final = 0.9

_SHAPE: Final = Shape("a list", ("kind", "entries", "file", "whole", "min_similarity"), ("kind",))
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MASKS: Final = re.compile(rf"{URL_MASK}\b|{USER_MASK}\b", re.IGNORECASE)


class ListKind(StrEnum):
    """How entries are compared."""

    EXACT = "exact"
    REGEX = "regex"
    FUZZY = "fuzzy"


@dataclass(frozen=True)
class WordList:
    """One list of a policy.

    Attributes:
        entries: normalised, except patterns; each once.
        whole: an entry is the whole text and not a part of it.
        min_similarity: of fuzzy lists, 0 to 1.
        line: where it stands, from 1.

    """

    name: str
    kind: ListKind
    entries: tuple[str, ...]
    whole: bool = False
    min_similarity: float = DEFAULT_SIMILARITY
    line: int = 1

    @cached_property
    def pattern(self) -> Pattern:
        """All entries of a list of patterns in one."""
        return compile_pattern("|".join(f"(?:{entry})" for entry in self.entries))


@dataclass(frozen=True)
class ListReader:
    """Reads the section `lists`.

    Attributes:
        files: the text of every file that is at hand, by its name.

    """

    page: Page
    files: Mapping[str, str]

    def read(self, node: Node) -> dict[str, WordList]:
        """All lists, by name.

        Raises:
            PolicyError: Likewise for every other method: it is not legal here.

        """
        found = {name: self._list(name, value) for name, value in sections(node, self.page)}
        if len(found) > MAX_LISTS:
            raise self.page.error(node, f"a policy has at most {MAX_LISTS} lists")
        for kind, most in MAX_ENTRIES.items():
            if sum(len(entry.entries) for entry in found.values() if entry.kind == kind) > most:
                raise self.page.error(node, f"all lists of kind {kind} together have at most {most:,} entries")
        n_instructions = sum(entry.pattern.programsize for entry in found.values() if entry.kind is ListKind.REGEX)
        if n_instructions > MAX_PROGRAM:
            said = f"at most {MAX_PROGRAM:,} instructions, and these have {n_instructions:,}"
            raise self.page.error(node, f"the patterns of all lists together have {said}")
        return found

    def _list(self, name: str, node: Node) -> WordList:
        fields = self.page.fields(node, _SHAPE)
        kind = ListKind(self.page.choice(fields["kind"], "kind", tuple(ListKind)))
        if "min_similarity" in fields and kind is not ListKind.FUZZY:
            raise self.page.error(fields["min_similarity"], "min_similarity is for fuzzy lists")
        if "whole" in fields and kind is ListKind.FUZZY:
            raise self.page.error(fields["whole"], "whole is for exact and regex lists")
        entries = {self._entry(text, kind, place): None for text, place in self._texts(name, node, fields)}
        found = WordList(
            name=name,
            kind=kind,
            entries=tuple(entries),
            whole=self.page.flag(fields["whole"], "whole") if "whole" in fields else False,
            min_similarity=self._similarity(fields.get("min_similarity")),
            line=line(node),
        )
        if kind is ListKind.REGEX:
            self._require_small(found, node)
        return found

    def _texts(self, name: str, node: Node, fields: dict[str, Node]) -> Iterator[tuple[str, Node | str]]:
        """Every entry as written, and where: its node, or its place in a file."""
        if "entries" not in fields and "file" not in fields:
            raise self.page.error(node, f"list {name} has entries, a file, or both")
        if "entries" in fields:
            for entry in self.page.entries(fields["entries"], "entries"):
                yield self.page.word(entry, "an entry"), entry
        if "file" in fields:
            file = file_name(fields["file"], self.page)
            if file not in self.files:
                raise self.page.error(fields["file"], f"{shown(file)} is not beside the policy, or cannot be read")
            for number, text in enumerate(self.files[file].splitlines(), 1):
                if text.strip() and not text.startswith("#"):
                    yield text.strip(), f"{file}:{number}"

    def _entry(self, text: str, kind: ListKind, place: "Node | str") -> str:
        try:
            return _checked(text, kind)
        except (ValueError, PatternError) as error:
            at = place if isinstance(place, str) else f"{self.page.file}:{line(place)}"
            raise PolicyError(f"{at}: {error}") from None

    def _similarity(self, node: Node | None) -> float:
        value = DEFAULT_SIMILARITY if node is None else self.page.number(node)
        if value is None or not LEAST_SIMILARITY <= value <= 1.0:
            raise self.page.error(node, f"min_similarity is a number from {LEAST_SIMILARITY} to 1")
        return value

    def _require_small(self, found: WordList, node: Node) -> None:
        try:
            found.pattern  # noqa: B018 - compiled now, while there is somebody to tell
        except PatternError as error:
            raise self.page.error(node, f"the patterns of list {found.name} together: {error}") from None


def sections(node: Node, page: Page) -> Iterator[tuple[str, Node]]:
    """The lists of the section `lists`, each once, with legal names."""
    seen: set[str] = set()
    for key, value in page.pairs(node, "lists"):
        name = page.name(key, "the name of a list", _NAME, "lower-case letters, digits, dashes and underscores")
        if name in seen:
            raise page.error(key, f"list {name} is given twice")
        seen.add(name)
        yield name, value


def file_name(node: Node, page: Page) -> str:
    """The name of a list's file: a plain one, so that a policy reads nothing but its neighbours."""
    return page.name(node, "file", _FILE, "the name of a file beside the policy, without a folder")


def _checked(text: str, kind: ListKind) -> str:
    """An entry as it is compared.

    Raises:
        ValueError, PatternError: It is not a legal one; the message says what is.

    """
    if kind is ListKind.REGEX:
        if len(text) > MAX_PATTERN_CHARS:
            raise ValueError(f"a pattern has at most {MAX_PATTERN_CHARS} characters")
        compile_pattern(text)
        return text
    try:
        entry = normalize(text)
    except InvalidTextError:
        raise ValueError("an entry is Unicode text") from None
    if _MASKS.search(entry):
        raise ValueError("addresses and users are masked before lists are looked at, so an entry cannot name one")
    least, most = (MIN_FUZZY_CHARS, MAX_FUZZY_CHARS) if kind is ListKind.FUZZY else (1, MAX_ENTRY_CHARS)
    if not least <= len(entry) <= most:
        raise ValueError(f"an entry of kind {kind} has {least} to {most} characters")
    return entry.casefold()
