"""Seeds: examples that were written for Weir, for harms that public sets hardly label, with what is mistaken for them.

A file has slots (a name and its fillings) and groups. A group says of which categories its lines are positives and
negatives, and lists lines with slots in braces. Every line is filled in a bounded number of ways, the same in every
build. Seeds only ever train: what they are worth is measured on rows that people wrote elsewhere.
"""

import hashlib
import random
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

import yaml
from pydantic import Field, ValidationError, model_validator

from models.contracts import Category
from models.contracts.base import Value
from models.data.errors import DataError
from models.data.labels import Label, no, yes
from models.data.rows import Files, Part, Row

MAX_FILLINGS: Final = 6
"""Texts that one line becomes; a line without slots is one text."""
_SLOT: Final = re.compile(r"\{(\w+)\}")
_ARTICLE: Final = re.compile(r"\b([Aa]) (?=[aeiouAEIOU])")
_TRIES: Final = 4


class SeedGroup(Value):
    """Lines that say the same of the same categories."""

    name: str
    positive: tuple[Category, ...] = ()
    negative: tuple[Category, ...] = ()
    lines: Annotated[tuple[str, ...], Field(min_length=1)]

    @property
    def marks(self) -> dict[Label, int]:
        """What the group says."""
        return no(*self.negative) | yes(*self.positive)

    @model_validator(mode="after")
    def _says_something_once(self) -> "SeedGroup":
        if not (self.positive or self.negative) or set(self.positive) & set(self.negative):
            raise ValueError(f"{self.name}: a group says something, and not two things of one category")
        return self


class SeedFile(Value):
    """One file of seeds."""

    slots: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]]
    groups: Annotated[tuple[SeedGroup, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_every_slot(self) -> "SeedFile":
        for group in self.groups:
            for line in group.lines:
                if missing := set(_SLOT.findall(line)) - set(self.slots):
                    raise ValueError(f"{group.name}: no slot is named {', '.join(sorted(missing))}")
        return self


def read_seeds(text: str, name: str) -> SeedFile:
    """Check a file of seeds.

    Raises:
        DataError: it is not YAML, or not of this shape.

    """
    try:
        return SeedFile.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise DataError(f"{name}: not a file of seeds: {error}") from error


def fill(line: str, slots: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The texts of a line, at most `MAX_FILLINGS`, each filling drawn by a hash of the line."""
    names = _SLOT.findall(line)
    if not names:
        return [line]
    chance = random.Random(hashlib.sha256(line.encode()).digest())
    found: dict[str, None] = {}
    for _ in range(MAX_FILLINGS * _TRIES):
        text = _SLOT.sub(lambda slot: chance.choice(slots[slot[1]]), line)
        found[_ARTICLE.sub(r"\1n ", text)] = None
        if len(found) == MAX_FILLINGS:
            break
    return list(found)


def weir_seeds(files: Files) -> Iterator[Row]:
    """Every text of every file; all of them train."""
    for name in sorted(files):
        seeds = read_seeds(files[name], name)
        for group in seeds.groups:
            for line in group.lines:
                for text in fill(line, seeds.slots):
                    yield Row(text, group.marks, Part.TRAIN)
