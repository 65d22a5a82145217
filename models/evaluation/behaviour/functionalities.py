"""Functionalities: single things a model must be able to do, as files that a person can read and add to.

A file covers one area. It lists functionalities, each with a sentence on what it tests, what is expected, and cases:
texts with slots in braces. Slots are filled from tables (`filling.py`); tables that several areas share are in
`tables.yaml`. Nothing here trains: a model that has seen these texts is not measured by them.
"""

from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Final, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from models.contracts import Category
from models.contracts.base import Value

CASES: Final = files("models.evaluation.behaviour") / "cases"
TABLES_FILE: Final = "tables.yaml"
DEFAULT_EACH: Final = 3

Table = Annotated[tuple[dict[str, str], ...], Field(min_length=2)]
"""Rows of forms of one thing, such as `groups: Muslims` and `member: a Muslim`; every row has the same forms."""
OneOrPair = str | tuple[str, str]


class BehaviourError(Exception):
    """A file of functionalities cannot be read or used; the message names the file."""


class Expectation(StrEnum):
    """What is right.

    `flagged` and `clear` ask for a decision at the balanced operating point. `higher` and `steady` compare the scores
    of two texts and need no threshold: the first must score higher, or both nearly the same.
    """

    FLAGGED = "flagged"
    CLEAR = "clear"
    HIGHER = "higher"
    STEADY = "steady"

    @property
    def compares(self) -> bool:
        """Whether its cases are pairs."""
        return self in {Expectation.HIGHER, Expectation.STEADY}


class Part(StrEnum):
    """The headline that an area belongs to."""

    HATE = "hate"
    EMOJI = "emoji"
    PROMPTS = "prompts"
    OTHER = "other"


class Functionality(Value):
    """One thing to get right.

    Attributes:
        name: unique, its area first, such as `hate.derogation`.
        tests: what it tests, for a person.
        expect: what is right.
        categories: which scores decide: the highest of them. Empty: all but profanity.
        each: fillings of a case that has slots.
        within: how far apart two scores may be where they should be steady, as probabilities.
        cases: texts, or pairs of texts (`higher`: the harmful one first). A single text that should be `steady` is
            compared between two fillings of its slots.

    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")]
    tests: str
    expect: Expectation
    categories: tuple[Category, ...] = ()
    each: Annotated[int, Field(ge=1, le=40)] = DEFAULT_EACH
    within: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    cases: Annotated[tuple[OneOrPair, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_pairs_where_it_compares(self) -> Self:
        pairs = [not isinstance(case, str) for case in self.cases]
        wrong = {Expectation.HIGHER: not all(pairs), Expectation.STEADY: False}.get(self.expect, any(pairs))
        if wrong:
            raise ValueError(f"{self.name}: {self.expect} takes {'pairs' if self.expect.compares else 'single texts'}")
        return self


class Area(Value):
    """One file.

    Attributes:
        area: its name, which starts the names of its functionalities.
        part: the headline it belongs to.
        categories: which scores decide where a functionality names none.
        tables: fillings that only this area uses.
        functionalities: in the order of the file.

    """

    area: str
    part: Part
    categories: tuple[Category, ...] = ()
    tables: Mapping[str, Table] = Field(default_factory=dict)
    functionalities: Annotated[tuple[Functionality, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_begin_with_the_area(self) -> Self:
        if strange := [one.name for one in self.functionalities if not one.name.startswith(f"{self.area}.")]:
            raise ValueError(f"names begin with {self.area}., unlike {', '.join(strange)}")
        return self

    def deciding(self, functionality: Functionality) -> tuple[Category, ...]:
        """The categories that decide a functionality; empty for all but profanity."""
        return functionality.categories or self.categories


def read_area(text: str, name: str) -> Area:
    """Check one file.

    Raises:
        BehaviourError: it is not YAML, or not of this shape.

    """
    try:
        return Area.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise BehaviourError(f"{name}: not an area of functionalities: {error}") from error


def shared_tables() -> dict[str, Table]:
    """The tables that every area may use."""
    found: dict[str, Table] = yaml.safe_load((CASES / TABLES_FILE).read_text("utf-8"))
    return found


def read_areas() -> tuple[Area, ...]:
    """Every area that ships, by file name.

    Raises:
        BehaviourError: a file is malformed, or two functionalities share a name.

    """
    names = sorted(path.name for path in CASES.iterdir() if path.name.endswith(".yaml") and path.name != TABLES_FILE)
    areas = tuple(read_area((CASES / name).read_text("utf-8"), name) for name in names)
    every = [one.name for area in areas for one in area.functionalities]
    if twice := {name for name in every if every.count(name) > 1}:
        raise BehaviourError(f"functionalities are listed twice: {', '.join(sorted(twice))}")
    return areas
