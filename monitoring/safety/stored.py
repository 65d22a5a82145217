"""Stored: all safety metrics of a decision store, by family, each with the tables that it needs."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Final

from sqlalchemy import FromClause

from monitoring.safety import tables
from monitoring.safety.agreement import agreement_metrics
from monitoring.safety.catalogue import SAFETY
from monitoring.safety.census import Census, take_census
from monitoring.safety.contesting import appeal_metrics, review_overturn_rate
from monitoring.safety.golden import golden_metrics
from monitoring.safety.helping import assisted_metrics
from monitoring.safety.metric import Metric, missing
from monitoring.safety.part import Part, read_part
from monitoring.safety.prevalence import prevalence_metrics
from monitoring.safety.proactive import found_by_people, proactive_rate, rate_metrics, report_metrics
from monitoring.safety.reported import Reports, reported_decisions
from monitoring.safety.sample import read_sample, sample_scores
from monitoring.safety.store import Store
from monitoring.safety.waiting import ReportWaits, acted_at, appeal_answer, time_to_action, time_to_verdict

_SAMPLED: Final = (
    "prevalence",
    "prevalence_assisted",
    "missed_prevalence",
    "views_prevalence",
    "harmful_impressions",
    "sample_answered",
)
_QUEUE: Final = (tables.reviews, tables.review_verdicts)

Measure = Callable[[], Iterable[Metric]]


class Stored:
    """A store that is measured; what several families need is read once.

    Args:
        store: the period and tenant of it.

    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def census(self) -> Census:
        """Counts over all decisions."""
        return take_census(self._store)

    @cached_property
    def _part(self) -> Part:
        return read_part(self._store, self.census.n_decisions)

    @cached_property
    def _acted(self) -> dict[str, int]:
        return acted_at(self._store)

    @property
    def n_decisions(self) -> int:
        """In the period; 0 where the store cannot be read as it is."""
        return 0 if self._store.lacks(tables.decisions) else self.census.n_decisions

    def metrics(self) -> Iterator[Metric]:
        """Every metric of the catalogue, with a value or a reason."""
        problem = self._store.lacks(tables.decisions)
        if problem:
            yield from (missing(definition.name, problem) for definition in SAFETY)
            return
        yield from rate_metrics(self.census)
        yield from self._of_reports()
        for names, needed, measure in self._families():
            lacking = self._store.lacks(*needed)
            yield from (missing(name, lacking) for name in names) if lacking else measure()

    def _families(self) -> Iterator[tuple[tuple[str, ...], tuple[FromClause, ...], Measure]]:
        """Names of metrics, the tables that they need, and how they are measured."""
        store, said, appealed = self._store, tables.review_verdicts, tables.appeals
        yield ("proactive_rate",), _QUEUE, lambda: [proactive_rate(self.census, found_by_people(store))]
        yield _SAMPLED, (tables.sampled, said, tables.review_labels), self._sampled
        contested = ("appeal_rate", "valid_appeal_rate", "overturn_rate")
        yield contested, (appealed,), lambda: appeal_metrics(store, self.census)
        yield ("review_overturn_rate",), (said,), lambda: [review_overturn_rate(store)]
        yield ("action_agreement", "label_agreement"), (said,), lambda: agreement_metrics(store)
        golden = ("golden_action_accuracy", "golden_label_accuracy")
        yield golden, (said, tables.golden_items), lambda: golden_metrics(store)
        yield _both("time_to_action"), (said,), lambda: time_to_action(self._part, self._acted)
        yield _both("time_to_verdict"), (tables.reviews,), lambda: time_to_verdict(store)
        yield _both("appeal_answer"), (appealed,), lambda: appeal_answer(store)

    def _sampled(self) -> Iterator[Metric]:
        sample = read_sample(self._store)
        yield from prevalence_metrics(sample, self.census)
        yield from assisted_metrics(sample, sample_scores(self._store, sample), self._part)

    def _of_reports(self) -> Iterator[Metric]:
        """Reported decisions are gone through once, for what was said and for how long it took."""
        lacking, reports = self._store.lacks(*_QUEUE), Reports()
        waits = None if lacking else ReportWaits(self._store, self._acted)
        for row in reported_decisions(self._store):
            reports.add(row)
            if waits is not None:
                waits.add(row)
        yield from report_metrics(reports)
        if waits is not None:
            yield from waits.metrics()
        else:
            yield from (missing(name, lacking or "") for name in _both("report_to_action"))


def _both(name: str) -> tuple[str, str]:
    return f"{name}_p50", f"{name}_p90"
