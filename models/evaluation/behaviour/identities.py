"""Identities: sentences that differ in whom they speak of and in nothing else, every template with every group."""

from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Final

import yaml
from pydantic import Field, ValidationError

from models.contracts.base import Value
from models.evaluation.behaviour.filling import fill
from models.evaluation.behaviour.functionalities import BehaviourError

FILE: Final = files("models.evaluation.behaviour") / "identities.yaml"


class Tone(StrEnum):
    """What a template says of the group it is filled with. The first two are harmless, the last is hate."""

    NEUTRAL = "neutral"
    POSITIVE = "positive"
    NEGATIVE = "negative"


class Group(Value):
    """A group, in the forms that templates use."""

    kind: str
    groups: str
    member: str
    adj: str


Templates = Annotated[tuple[str, ...], Field(min_length=2)]


class Identities(Value):
    """The file: groups, and templates by tone."""

    groups: Annotated[tuple[Group, ...], Field(min_length=2)]
    neutral: Templates
    positive: Templates
    negative: Templates


@dataclass(frozen=True)
class Crossing:
    """Every template with every group.

    Attributes:
        groups: of the columns.
        tones: of the rows.
        texts: by template and group.

    """

    groups: tuple[Group, ...]
    tones: tuple[Tone, ...]
    texts: tuple[tuple[str, ...], ...]


def read_identities(text: str) -> Identities:
    """Check the file.

    Raises:
        BehaviourError: it is not YAML, or not of this shape.

    """
    try:
        return Identities.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise BehaviourError(f"identities: not groups and templates: {error}") from error


def crossing(identities: Identities) -> Crossing:
    """Fill every template with every group.

    Raises:
        BehaviourError: a template has a slot that groups have no form for.

    """
    by_tone = {
        Tone.NEUTRAL: identities.neutral,
        Tone.POSITIVE: identities.positive,
        Tone.NEGATIVE: identities.negative,
    }
    templates = [(tone, template) for tone, several in by_tone.items() for template in several]
    try:
        texts = tuple(
            tuple(fill(template, {"group": group.model_dump()}) for group in identities.groups)
            for _, template in templates
        )
    except KeyError as error:
        raise BehaviourError(f"identities: no group has a form {error}") from error
    return Crossing(identities.groups, tuple(tone for tone, _ in templates), texts)


def shipped_crossing() -> Crossing:
    """The sentences that ship."""
    return crossing(read_identities(FILE.read_text("utf-8")))
