"""Hysteresis: when readings of one thing over time open an alarm, and when they close it again.

One look in between proves nothing: a value that sits on its threshold would open and close an alarm every hour. So it
takes some of the last looks to open one and a row of calm looks to close it, and what lies between the two thresholds
does neither. Pure functions of the readings, so that a simulation follows exactly what runs.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from models.contracts.base import Value

Looks = Annotated[int, Field(ge=1, le=1_000)]


class Reading(StrEnum):
    """What one look says of one thing."""

    URGENT = "urgent"
    """Alarming, and so far out that no second look is needed."""
    ALARMING = "alarming"
    BETWEEN = "between"
    """Below where an alarm opens and above where it closes."""
    CALM = "calm"
    UNKNOWN = "unknown"
    """Nothing can be said. Never calm: an alarm does not close because nobody could look."""


ALARMING = frozenset({Reading.URGENT, Reading.ALARMING})


class Hysteresis(Value):
    """How many looks it takes.

    Attributes:
        raise_after: alarming looks among the last `of_looks` that open an alarm; one urgent look always does.
        of_looks: so far back.
        close_after: calm looks in a row that close it.

    """

    raise_after: Looks = 2
    of_looks: Looks = 3
    close_after: Looks = 3

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.raise_after > self.of_looks:
            raise ValueError("raise_after is at most of_looks")
        return self

    @property
    def n_kept(self) -> int:
        """As many of the last readings decide."""
        return max(self.of_looks, self.close_after)


def opens(readings: Sequence[Reading], hysteresis: Hysteresis) -> bool:
    """Whether the newest of these readings, oldest first, opens an alarm that is not open."""
    if not readings or readings[-1] not in ALARMING:
        return False
    recent = readings[-hysteresis.of_looks :]
    return readings[-1] is Reading.URGENT or sum(one in ALARMING for one in recent) >= hysteresis.raise_after


def closes(readings: Sequence[Reading], hysteresis: Hysteresis) -> bool:
    """Whether the newest of these readings closes an alarm that is open."""
    recent = readings[-hysteresis.close_after :]
    return len(recent) == hysteresis.close_after and all(one is Reading.CALM for one in recent)


def follow(readings: Sequence[Reading], hysteresis: Hysteresis) -> list[bool]:
    """Whether an alarm is open after each of these readings, from none open at the start."""
    states: list[bool] = []
    for n_looks in range(1, len(readings) + 1):
        seen = readings[:n_looks]
        was_open = bool(states) and states[-1]
        states.append(not closes(seen, hysteresis) if was_open else opens(seen, hysteresis))
    return states


def raise_after(readings: Sequence[Reading], hysteresis: Hysteresis) -> int | None:
    """The index of the look that opens the first alarm; None where none does."""
    states = follow(readings, hysteresis)
    return states.index(True) if True in states else None
