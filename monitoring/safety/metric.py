"""Metric: one number with its interval, or the reason why there is none. Missing data is never a zero."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from models.contracts.base import Value
from monitoring.safety.catalogue import DEFINITIONS, Unit

CONFIDENCE = 0.95
"""Of every interval here."""


class Basis(StrEnum):
    """What a number rests on."""

    COUNTED = "counted"
    """Every decision of the period, or every verdict."""
    SAMPLED = "sampled"
    """A random sample: it speaks of all decisions."""
    SELECTED = "selected"
    """Items that were picked for a reason: it speaks of those alone."""


class Metric(Value):
    """One measured number.

    Attributes:
        name: of its definition in the catalogue, such as `prevalence`; docs/metrics.md tells more.
        category: the harm that it is about; None for all together.
        value: in the unit of the definition; None where it cannot be measured, and then `reason` says why.
        low, high: 95 % interval; None where the value is an exact count, or where no interval can be given.
        n: observations behind it.
        method: how the value and its interval are estimated.
        note: what a reader has to know to read it right.
        reason: why there is no value, and what to do about it.

    """

    name: str
    category: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: Annotated[int, Field(ge=0)] = 0
    basis: Basis = Basis.COUNTED
    method: str = ""
    note: str = ""
    reason: str | None = None

    @property
    def key(self) -> str:
        """`prevalence`, or `prevalence:hate`: what rules and panels name it by."""
        return self.name if self.category is None else f"{self.name}:{self.category}"

    @property
    def title(self) -> str:
        """For a person to read."""
        return DEFINITIONS[self.name].title

    @property
    def unit(self) -> Unit:
        """Of the value."""
        return DEFINITIONS[self.name].unit

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.name not in DEFINITIONS:
            raise ValueError("a metric has a definition")
        if (self.value is None) != (self.reason is not None):
            raise ValueError("a metric has either a value or a reason why not")
        if self.value is None and (self.low is not None or self.high is not None):
            raise ValueError("without a value there is no interval")
        return self


def missing(name: str, reason: str, *, category: str | None = None, n: int = 0) -> Metric:
    """A metric that cannot be measured."""
    return Metric(name=name, category=category, reason=reason, n=n)


def find_metric(metrics: Iterable[Metric], key: str) -> Metric | None:
    """The metric of a key, such as `prevalence:hate`; None where there is none."""
    return next((metric for metric in metrics if metric.key == key), None)
