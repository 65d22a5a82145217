"""Measured points: what reports of safety and quality add to the panels. Metrics without a value add nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from monitoring.dashboard.points import Point
from monitoring.safety.catalogue import Unit
from monitoring.safety.metric import Metric

ALL: Final = "all"
HOUR_S: Final = 3_600.0
PERCENT: Final = 100.0

BY_CATEGORY: Final = ("precision", "recall", "pr_auc", "ece")
"""Metrics of quality with a panel of their name."""
PANELS: Final[Mapping[str, str]] = {
    "prevalence": "sampled_prevalence",
    "missed_prevalence": "rates_percent",
    "views_prevalence": "rates_percent",
    "proactive_rate": "rates_percent",
    "reported_rate": "rates_percent",
    "appeal_rate": "rates_percent",
    "valid_appeal_rate": "rates_percent",
    "overturn_rate": "rates_percent",
    "review_overturn_rate": "rates_percent",
    "user_reports": "reports",
    "action_agreement": "agreement",
    "label_agreement": "agreement",
    "golden_action_accuracy": "agreement",
    "golden_label_accuracy": "agreement",
}
"""Metrics of safety and the panel that each is on; times to anything are on their own."""
BY_SERVER: Final = frozenset({"time_to_action_p50", "time_to_action_p90"})
"""Times that are mostly the server's, in seconds: in hours, beside those of people, they would lie on the axis."""
SPLIT: Final = frozenset({"sampled_prevalence", "reports"})
"""Panels whose series are categories; on the others they are metrics."""


def read_measured(quality: Sequence[Metric], safety: Sequence[Metric]) -> list[Point]:
    """Points of all metrics that have a panel and a value."""
    return [*_quality(quality), *_safety(safety)]


def _quality(metrics: Sequence[Metric]) -> Iterator[Point]:
    for metric in metrics:
        if metric.name in BY_CATEGORY and metric.value is not None:
            yield Point(metric.name, metric.category or ALL, metric.value)


def _safety(metrics: Sequence[Metric]) -> Iterator[Point]:
    for metric in metrics:
        if metric.value is None:
            continue
        if metric.unit is Unit.SECONDS and metric.category is None:
            yield _delay(metric, metric.value)
        elif (panel := PANELS.get(metric.name)) is not None and (panel in SPLIT or metric.category is None):
            value = metric.value * PERCENT if panel == "rates_percent" else metric.value
            yield Point(panel, (metric.category or ALL) if panel in SPLIT else _short(metric), value)


def _delay(metric: Metric, seconds: float) -> Point:
    if metric.name in BY_SERVER:
        return Point("action_s", _short(metric), seconds)
    hours = round(seconds / HOUR_S, 2)  # more digits make labels of the axis that Evidently cuts
    return Point("answers_h", _short(metric), hours)


def _short(metric: Metric) -> str:
    """Its name in words; titles are too long for a legend."""
    return metric.name.replace("_", " ")
