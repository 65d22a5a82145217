"""Labels: the columns of the label matrix, and what one label says about another.

A value is 1 (yes), 0 (no) or -1 (unknown). Unknown is not negative: its loss is masked. What a set says is a `Marks`
mapping of the labels it names; `encode` adds what follows from the definitions of the taxonomy and nothing more.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from models.contracts import CATEGORIES, Category


class Auxiliary(StrEnum):
    """Labels that help training and analysis and are never served."""

    SEXISM = "aux/sexism"


Label = Category | Auxiliary
Marks = Mapping[Label, int]

YES: Final = 1
NO: Final = 0
UNKNOWN: Final = -1

AUXILIARY_LABELS: Final[tuple[str, ...]] = tuple(label.value for label in Auxiliary)
LABELS: Final[tuple[Label, ...]] = (*CATEGORIES, *Auxiliary)

# A yes on the left is a yes on the right: sub-categories belong to their parent, a threat of violence is violence
# (the taxonomy's definitions), and an attack on a person or a group is toxic.
_IMPLIES: Final[tuple[tuple[Label, Label], ...]] = (
    (Category.HARASSMENT_THREATENING, Category.HARASSMENT),
    (Category.HARASSMENT_THREATENING, Category.VIOLENCE),
    (Category.HATE_THREATENING, Category.HATE),
    (Category.HATE_THREATENING, Category.VIOLENCE),
    (Category.ILLICIT_VIOLENT, Category.ILLICIT),
    (Category.SELF_HARM_INTENT, Category.SELF_HARM),
    (Category.SELF_HARM_INSTRUCTIONS, Category.SELF_HARM),
    (Category.VIOLENCE_GRAPHIC, Category.VIOLENCE),
    (Category.HARASSMENT, Category.TOXICITY),
    (Category.HATE, Category.TOXICITY),
)


def yes(*labels: Label) -> dict[Label, int]:
    """Marks that say yes to `labels`."""
    return dict.fromkeys(labels, YES)


def no(*labels: Label) -> dict[Label, int]:
    """Marks that say no to `labels`."""
    return dict.fromkeys(labels, NO)


def close(marks: Marks) -> dict[Label, int]:
    """Add what follows: a yes climbs to the parent, a no descends to the child. A yes beats a no it contradicts.

    Examples:
        >>> close({Category.ILLICIT_VIOLENT: 1})[Category.ILLICIT]
        1

    """
    closed = {label: value for label, value in marks.items() if value != UNKNOWN}
    for child, parent in _IMPLIES:
        if closed.get(child) == YES:
            closed[parent] = YES
    for child, parent in reversed(_IMPLIES):
        if closed.get(parent) == NO:
            closed.setdefault(child, NO)
    return closed


def encode(marks: Marks) -> tuple[int, ...]:
    """The row of the label matrix: one value a label, in `LABELS` order, implications added."""
    closed = close(marks)
    return tuple(closed.get(label, UNKNOWN) for label in LABELS)
