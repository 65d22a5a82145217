"""Report: how right the scores are, by category, over a period and in its parts."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.contracts.base import Value
from monitoring.safety.metric import Metric, find_metric


class QualityPart(Value):
    """The same numbers of one part of the period.

    Attributes:
        start, end: UTC.
        metrics: those that could be measured.

    """

    start: datetime
    end: datetime
    metrics: tuple[Metric, ...]


class QualityReport(Value):
    """What labels say of the scores.

    Attributes:
        start, end: of the decisions that are labelled, UTC; None where none is.
        n_labels: a decision and category each.
        n_decisions: that have a label.
        metrics: by category, in its order; those without a value say why.
        over_time: parts of the period, the oldest first; empty where there are too few labels to part them.
        notes: what holds for all of them.

    """

    start: datetime | None = None
    end: datetime | None = None
    n_labels: Annotated[int, Field(ge=0)]
    n_decisions: Annotated[int, Field(ge=0)]
    metrics: tuple[Metric, ...]
    over_time: tuple[QualityPart, ...] = ()
    notes: tuple[str, ...] = ()

    def find(self, key: str) -> Metric | None:
        """The metric of a key, such as `precision:hate`."""
        return find_metric(self.metrics, key)

    @property
    def values(self) -> dict[str, float]:
        """What could be measured, by key."""
        return {metric.key: metric.value for metric in self.metrics if metric.value is not None}
