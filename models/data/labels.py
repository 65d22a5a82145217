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
    SEXISM_THREATS = "aux/sexism/threats"
    """The four categories of EDOS: threats and incitement, ..."""
    SEXISM_DEROGATION = "aux/sexism/derogation"
    """... insults and demeaning descriptions, ..."""
    SEXISM_ANIMOSITY = "aux/sexism/animosity"
    """... slurs, stereotypes and condescension, ..."""
    SEXISM_PREJUDICE = "aux/sexism/prejudice"
    """... and support of mistreatment or of discrimination as a system."""
    HATEXPLAIN_HATE = "aux/hatexplain/hate"
    """The first of the three classes of HateXplain; its official task has no other meaning than its own."""
    HATEXPLAIN_OFFENSIVE = "aux/hatexplain/offensive"
    """The second; a row that is neither is normal."""
    SEVERE = "aux/severe"
    """The highest degree that a set knows, where a set has degrees."""
    TARGET_WOMEN = "aux/target/women"
    """The group that a text attacks. A yes says that it is attacked, not that it is mentioned."""
    TARGET_ETHNICITY = "aux/target/ethnicity"
    TARGET_RELIGION = "aux/target/religion"
    TARGET_LGBTQ = "aux/target/lgbtq"
    TARGET_DISABILITY = "aux/target/disability"
    TARGET_ORIGIN = "aux/target/origin"
    """Nationality and migration, as far as a set tells them from ethnicity."""
    EVIDENCE = "aux/evidence"
    """Whether a token is part of the harm: learnt from spans, so no text has it."""


Label = Category | Auxiliary
Marks = Mapping[Label, int]

YES: Final = 1
NO: Final = 0
UNKNOWN: Final = -1

TARGETS: Final = (
    Auxiliary.TARGET_WOMEN,
    Auxiliary.TARGET_ETHNICITY,
    Auxiliary.TARGET_RELIGION,
    Auxiliary.TARGET_LGBTQ,
    Auxiliary.TARGET_DISABILITY,
    Auxiliary.TARGET_ORIGIN,
)
AUXILIARY_LABELS: Final[tuple[str, ...]] = tuple(label.value for label in Auxiliary)
LABELS: Final[tuple[Label, ...]] = (*CATEGORIES, *Auxiliary)
CARRYING: Final[frozenset[Label]] = frozenset({*CATEGORIES, Auxiliary.SEXISM})
"""A row is kept for one of these. The others ride on rows: no row enters for them alone, so none moves a split."""

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
    (Auxiliary.SEXISM_THREATS, Auxiliary.SEXISM),
    (Auxiliary.SEXISM_DEROGATION, Auxiliary.SEXISM),
    (Auxiliary.SEXISM_ANIMOSITY, Auxiliary.SEXISM),
    (Auxiliary.SEXISM_PREJUDICE, Auxiliary.SEXISM),
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
