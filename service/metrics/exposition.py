"""Exposition: all workers' slots as one page in the format of Prometheus."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from service.metrics.catalogue import CATALOGUE, N_SLOTS, Kind, Metric, position
from service.metrics.slots import read_slots


class _SlotsCollector(Collector):
    """Sums the files at every scrape."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterable[Family]:
        workers = list(read_slots(self._directory, N_SLOTS))
        totals = [sum(column) for column in zip(*(slots for slots, _ in workers), strict=True)]
        current = [sum(column) for column in zip(*(slots for slots, runs in workers if runs), strict=True)]
        for metric in CATALOGUE:
            yield from _family(metric, current if metric.kind is Kind.GAUGE else totals)


def render(directory: Path) -> tuple[bytes, bytes]:
    """Content type and page for one scrape."""
    registry = CollectorRegistry()
    registry.register(_SlotsCollector(directory))
    return CONTENT_TYPE_LATEST.encode(), generate_latest(registry)


def _family(metric: Metric, slots: Sequence[int]) -> Iterator[Family]:
    labels = [metric.label] if metric.label else []
    if not slots:
        return
    if metric.kind is Kind.HISTOGRAM:
        yield _histogram(metric, labels, slots)
        return
    family = (GaugeMetricFamily if metric.kind is Kind.GAUGE else CounterMetricFamily)(
        metric.name, metric.help, labels=labels
    )
    for value in metric.values:
        family.add_metric([value] if labels else [], slots[position(metric, value)])
    yield family


def _histogram(metric: Metric, labels: list[str], slots: Sequence[int]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.help, labels=labels)
    for value in metric.values:
        start = position(metric, value)
        counts = accumulate(slots[start : start + metric.width - 1])
        bounds = [*map(str, metric.bounds), "+Inf"]
        total = slots[start + metric.width - 1] * metric.unit
        family.add_metric([value] if labels else [], list(zip(bounds, counts, strict=True)), total)
    return family
