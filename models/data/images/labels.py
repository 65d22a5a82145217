"""Labels: the columns of the picture label matrix, and the regions that boxes of a class belong to.

A value is 1 (yes), 0 (no) or -1 (unknown); unknown is masked in the loss. What a set says is a mapping of the labels
it names; `encode` adds what follows from the definitions: a kind of weapon is a weapon, smoke counts as fire.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from models.contracts.evidence import RegionKind
from models.data.labels import NO, UNKNOWN, YES


class PictureLabel(StrEnum):
    """Columns of the label matrix: two categories that are served, one for exploration, and auxiliary ones."""

    WEAPONS = "weapons"
    FIRE = "fire"
    ALCOHOL = "alcohol"
    HANDGUN = "handgun"
    KNIFE = "knife"
    LONG_GUN = "long_gun"
    SMOKE = "smoke"
    TEXT = "text"


PictureMarks = Mapping[PictureLabel, int]

PICTURE_LABELS: Final[tuple[PictureLabel, ...]] = tuple(PictureLabel)
REGION_KINDS: Final[tuple[RegionKind, ...]] = tuple(RegionKind)

_IMPLIES: Final[tuple[tuple[PictureLabel, PictureLabel], ...]] = (
    (PictureLabel.HANDGUN, PictureLabel.WEAPONS),
    (PictureLabel.KNIFE, PictureLabel.WEAPONS),
    (PictureLabel.LONG_GUN, PictureLabel.WEAPONS),
    (PictureLabel.SMOKE, PictureLabel.FIRE),
)

REGION_OF: Final[Mapping[str, RegionKind]] = {
    "handgun": RegionKind.WEAPONS,
    "knife": RegionKind.WEAPONS,
    "long_gun": RegionKind.WEAPONS,
    "fire": RegionKind.FIRE,
    "smoke": RegionKind.FIRE,
    "face": RegionKind.FACE,
    "licence_plate": RegionKind.PLATE,
}
"""The region kind of a box by its class; a class that is not here has no region (drinks and their brands)."""


def close(marks: PictureMarks) -> dict[PictureLabel, int]:
    """Add what follows: a yes climbs to the category, a no descends to its kinds. A yes beats a no it contradicts.

    Examples:
        >>> close({PictureLabel.SMOKE: 1})[PictureLabel.FIRE]
        1

    """
    closed = {label: value for label, value in marks.items() if value != UNKNOWN}
    for kind, category in _IMPLIES:
        if closed.get(kind) == YES:
            closed[category] = YES
    for kind, category in _IMPLIES:
        if closed.get(category) == NO:
            closed.setdefault(kind, NO)
    return closed


def encode(marks: PictureMarks) -> tuple[int, ...]:
    """The row of the label matrix: one value a label, in `PICTURE_LABELS` order, implications added."""
    closed = close(marks)
    return tuple(closed.get(label, UNKNOWN) for label in PICTURE_LABELS)
