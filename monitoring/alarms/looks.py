"""Looks: what the rules are read over, once an hour or so. Everything that one look at the traffic has found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.contracts.base import Value
from monitoring.alarms.hysteresis import Reading
from monitoring.alarms.rules import Severity
from monitoring.drift.verdicts import Change, DriftVerdict, Slice


@dataclass(frozen=True, slots=True)
class Traffic:
    """How much came in over one horizon.

    Attributes:
        failures: items without a decision, by code; None where the source does not say.

    """

    horizon_h: float
    n_decisions: int
    failures: dict[str, int] | None

    @property
    def n_failures(self) -> int:
        """All of them."""
        return sum((self.failures or {}).values())


class Measure(Value):
    """A safety metric or a number of quality, as rules and history see it.

    Attributes:
        name: such as `prevalence` or `quality.precision`.
        category: that it is of; empty where it is of all.
        value: None where it cannot be told.
        low, high: its interval; None where it has none.
        n: samples behind it.
        usual: what it was in earlier looks, by rule name; only where a rule asks and there is enough history.

    """

    name: str
    category: str = ""
    value: float | None
    low: float | None = None
    high: float | None = None
    n: Annotated[int, Field(ge=0)] = 0
    usual: dict[str, float] = Field(default_factory=dict, exclude=True)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look has found.

    Attributes:
        at_us: the end of what was looked at, microseconds since 1970.
        verdicts: over all traffic first, then over slices; none where the look failed.
        traffic: by horizon.
        measures: metrics of safety and quality.
        reference_at: when the reference was made.
        error: why the look failed.
        faults: parts of it that broke.

    """

    at_us: int
    verdicts: Sequence[DriftVerdict] = ()
    traffic: Sequence[Traffic] = ()
    measures: Sequence[Measure] = ()
    reference_at: datetime | None = None
    error: str | None = None
    faults: Sequence[str] = ()


class Finding(Value):
    """What one rule reads in one look, for one thing that it can be alarmed about.

    Attributes:
        rule: its name.
        key: of the alarm that it belongs to: the rule, and the slice or category where it has an alarm for each.
        title: what is wrong, in some words.
        summary: by how much and since when, in some sentences.
        changes: the tests behind it, the strongest first.

    """

    rule: str
    key: str
    severity: Severity
    reading: Reading
    title: str = ""
    summary: str = ""
    advice: str = ""
    slice: Slice = Slice()
    since: datetime | None = None
    changes: tuple[Change, ...] = ()
