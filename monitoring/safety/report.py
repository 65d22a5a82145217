"""Report: the safety metrics of one period."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.contracts.base import Value
from monitoring.safety.metric import Metric, find_metric


class SafetyReport(Value):
    """What was measured.

    Attributes:
        start, end: of the period, UTC.
        as_of: verdicts and appeals up to here are counted.
        tenant: that it is about; None for all.
        n_decisions: in the period.
        metrics: one entry a metric and category, in the order of the catalogue; those without a value say why.
        notes: what holds for all of them.

    """

    start: datetime
    end: datetime
    as_of: datetime
    tenant: str | None = None
    n_decisions: Annotated[int, Field(ge=0)]
    metrics: tuple[Metric, ...]
    notes: tuple[str, ...] = ()

    def find(self, key: str) -> Metric | None:
        """The metric of a key, such as `prevalence:hate`."""
        return find_metric(self.metrics, key)

    @property
    def values(self) -> dict[str, float]:
        """What could be measured, by key."""
        return {metric.key: metric.value for metric in self.metrics if metric.value is not None}
