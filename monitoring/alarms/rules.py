"""Rules: what is an alarm, how bad it is, and how many looks it takes. A file of them is `default.yaml` beside this.

Each kind of rule says what it reads; what all have in common is in `_Rule`. How a rule reads a look is in `judging`.
"""

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.contracts.base import Value
from monitoring.alarms.hysteresis import Hysteresis
from monitoring.drift.verdicts import Change, Subject
from monitoring.safety.catalogue import DEFINITIONS, Unit
from monitoring.windows.columns import BY_NAME, Group


class Severity(StrEnum):
    """Who has to look, and when."""

    PAGE = "page"
    """Somebody, now."""
    TICKET = "ticket"
    """Somebody, on the next working day."""
    INFO = "info"
    """Nobody; it is kept."""


class _Rule(Value):
    """What all rules have in common.

    Attributes:
        name: unique in the file; alarms and their messages carry it.
        hysteresis: how many looks open and close its alarms.
        cooldown_h: hours after an alarm has closed. If a person closed it, the same thing stays silent for so long; if
            calm looks did, its return within them opens the same alarm again instead of a new one.
        about: what it means, in a sentence.
        advice: what to do, where the finding does not say so itself.

    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    severity: Severity
    hysteresis: Hysteresis = Hysteresis()
    cooldown_h: Annotated[float, Field(ge=0, le=24 * 365)] = 24
    about: Annotated[str, Field(max_length=300)] = ""
    advice: Annotated[str, Field(max_length=600)] = ""


class DriftRule(_Rule):
    """Something that is tested against the reference has changed.

    Attributes:
        subjects: what the change is in.
        groups: of columns; any where empty. Only for the subject `column`.
        columns: names, with `*` for any run of characters, such as `score:hate*`; any where empty.
        horizons_h: hours of the windows that it listens to; any where empty.
        directions: `up` or `down`; any where empty.
        slices: whether it reads all traffic, or its slices, each with an alarm of its own. What has changed in all of
            the traffic is told there and not again by each slice.
        min_decisions: below so many in the window nothing is said.
        raise_from: so many times the effect's own threshold is alarming.
        close_below: less than so many times is calm.
        urgent_p: an adjusted p-value down to which one look is enough; null where none is.

    """

    kind: Literal["drift"]
    subjects: tuple[Subject, ...] = Field(default=(Subject.COLUMN,), min_length=1)
    groups: tuple[Group, ...] = ()
    columns: tuple[str, ...] = ()
    horizons_h: tuple[float, ...] = ()
    directions: tuple[Literal["up", "down"], ...] = ()
    slices: Literal["all", "each"] = "all"
    min_decisions: Annotated[int, Field(ge=1)] = 50
    raise_from: Annotated[float, Field(ge=1)] = 1.0
    close_below: Annotated[float, Field(gt=0)] = 0.8
    urgent_p: Annotated[float, Field(gt=0, le=1)] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.close_below > self.raise_from:
            raise ValueError("close_below is at most raise_from, or its alarms open and close at once")
        if (self.groups or self.columns) and set(self.subjects) != {Subject.COLUMN}:
            raise ValueError("groups and columns are for the subject column alone; write a second rule")
        unmatched = [one for one in self.columns if not any(fnmatchcase(name, one) for name in BY_NAME)]
        if unmatched:
            raise ValueError(f"no column is called {unmatched[0]!r}; see docs/alarms.md for their names")
        return self

    def covers(self, change: Change) -> bool:
        """Whether a test is one that it listens to."""
        if change.subject not in self.subjects or (change.slice.column is None) != (self.slices == "all"):
            return False
        if self.horizons_h and change.horizon_h not in self.horizons_h:
            return False
        return change.subject is not Subject.COLUMN or self._covers_column(change.name)

    def _covers_column(self, name: str) -> bool:
        if self.groups and (name not in BY_NAME or BY_NAME[name].group not in self.groups):
            return False
        return not self.columns or any(fnmatchcase(name, pattern) for pattern in self.columns)


class MetricRule(_Rule):
    """A safety metric, or a number of quality, is above or below a bound.

    Attributes:
        metric: its name in docs/metrics.md, such as `prevalence` or `precision`.
        categories: that it is read for, with `*`; empty for the metric over all of them.
        above, below: where it is alarming; one of them.
        of_usual: the bound is so many times what is usual: the median of the looks of the `usual_days` before. Without
            a day of such looks nothing is said.
        close: on the other side of which it is calm; the bound itself where unset.
        is_sure: the whole interval, not the estimate alone, has to be beyond the bound to be alarming.
        min_samples: below so many samples nothing is said.

    """

    kind: Literal["metric"]
    metric: Annotated[str, Field(min_length=1, max_length=100)]
    categories: tuple[str, ...] = ()
    above: float | None = None
    below: float | None = None
    of_usual: bool = False
    usual_days: Annotated[float, Field(ge=2, le=365)] = 28
    close: float | None = None
    is_sure: bool = True
    min_samples: Annotated[int, Field(ge=1)] = 50

    @property
    def bound(self) -> float:
        """Where it is alarming."""
        return self.above if self.above is not None else self.below or 0.0

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        if self.metric not in DEFINITIONS:
            raise ValueError(f"no metric is called {self.metric!r}; docs/metrics.md lists them")
        if (self.above is None) == (self.below is None):
            raise ValueError("either above or below")
        if DEFINITIONS[self.metric].unit is Unit.SHARE and not self.of_usual and not 0 <= self.bound <= 1:
            raise ValueError(f"{self.metric} is a share, so its bound lies between 0 and 1")
        if self.of_usual and self.bound <= 0:
            raise ValueError("of_usual needs a bound above 0, such as `above: 1.5` for half as much again")
        if self.close is not None and (
            (self.above is not None and self.close > self.above) or (self.below is not None and self.close < self.below)
        ):
            raise ValueError("close lies on the calm side of the bound")
        return self


class FailuresRule(_Rule):
    """Too many items get a typed failure and no decision.

    Attributes:
        horizon_h: hours of the window, one of those that are looked at.
        above: share of all items that is alarming; `close_below` is the share that is calm.
        min_items: below so many items, decided and failed, nothing is said.

    """

    kind: Literal["failures"]
    horizon_h: Annotated[float, Field(gt=0)] = 1
    above: Annotated[float, Field(gt=0, lt=1)]
    close_below: Annotated[float, Field(gt=0, lt=1)]
    min_items: Annotated[int, Field(ge=1)] = 50

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.close_below > self.above:
            raise ValueError("close_below is at most above")
        return self


class SilenceRule(_Rule):
    """No decisions, where there used to be some.

    Attributes:
        horizon_h: hours without any; shorter than the longest window that is looked at.
        min_usual: decisions in the rest of the longest window. Alarming only from here on, since a quiet hour of little
            traffic is chance.

    """

    kind: Literal["silence"]
    horizon_h: Annotated[float, Field(gt=0)] = 1
    min_usual: Annotated[int, Field(ge=1)] = 2_400


class ReferenceRule(_Rule):
    """The reference is old: what was normal then may not be so now.

    Attributes:
        max_age_days: days since it was made.

    """

    kind: Literal["reference"]
    max_age_days: Annotated[float, Field(gt=0)] = 90


class MonitorRule(_Rule):
    """The monitor itself cannot tell anything: a look failed, or nothing could be said."""

    kind: Literal["monitor"]
    when: Literal["failed", "undetermined"]


Rule = Annotated[
    DriftRule | MetricRule | FailuresRule | SilenceRule | ReferenceRule | MonitorRule, Field(discriminator="kind")
]


class Rules(Value):
    """A file of rules."""

    version: Literal[1]
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [rule.name for rule in self.rules]
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise ValueError(f"two rules are called {repeated[0]!r}")
        return self
