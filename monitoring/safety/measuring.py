"""Measuring: all safety metrics of a period, each with a value and an interval or with the reason why there is none."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine, FromClause
from sqlalchemy.exc import SQLAlchemyError

from monitoring.errors import SourceError
from monitoring.safety import tables
from monitoring.safety.agreement import agreement_metrics
from monitoring.safety.catalogue import SAFETY
from monitoring.safety.census import Census, take_census
from monitoring.safety.contesting import appeal_metrics, review_overturn_rate
from monitoring.safety.exported import exported_metrics
from monitoring.safety.golden import golden_metrics
from monitoring.safety.helping import assisted_metrics
from monitoring.safety.metric import Metric, missing
from monitoring.safety.part import read_part
from monitoring.safety.prevalence import prevalence_metrics
from monitoring.safety.proactive import found_by_people, proactive_rate, rate_metrics, read_reports, report_metrics
from monitoring.safety.report import SafetyReport
from monitoring.safety.sample import read_sample, sample_scores
from monitoring.safety.store import Store, open_store
from monitoring.safety.waiting import acted_at, appeal_answer, report_to_action, time_to_action, time_to_verdict
from monitoring.windows.source import Source
from monitoring.windows.window import Period

_ORDER: Final = {definition.name: number for number, definition in enumerate(SAFETY)}

Measure = Callable[[], Iterable[Metric]]


def measure_safety(
    source: Source, period: Period, *, now_us: int | None = None, tenant: str | None = None
) -> SafetyReport:
    """Measure what can be measured.

    Args:
        source: a store; of exported Parquet only what decisions alone tell is measured.
        period: of decisions.
        now_us: verdicts and appeals up to here count, microseconds since 1970; the clock where it is left out.
        tenant: None for all.

    Raises:
        SourceError: The store cannot be read.

    """
    as_of_us = time.time_ns() // 1000 if now_us is None else now_us
    try:
        if source.database is None:
            n_decisions, metrics = exported_metrics(source, period, tenant)
        else:
            n_decisions, metrics = _of_store(source.database, period, as_of_us, tenant)
    except SQLAlchemyError as error:
        raise SourceError(
            f"the store cannot be read for safety metrics ({type(error).__name__}); is it a decision store, is it "
            "whole, and may this user read it?"
        ) from error
    return SafetyReport(
        start=period.start,
        end=period.end,
        as_of=datetime.fromtimestamp(as_of_us / 1e6, UTC),
        tenant=tenant,
        n_decisions=n_decisions,
        metrics=tuple(sorted(metrics, key=lambda metric: _ORDER[metric.name])),
    )


def _of_store(database: Engine, period: Period, as_of_us: int, tenant: str | None) -> tuple[int, list[Metric]]:
    store = open_store(database, period, as_of_us, tenant)
    problem = store.lacks(tables.decisions)
    if problem:
        return 0, [missing(definition.name, problem) for definition in SAFETY]
    census = take_census(store)
    metrics = [*rate_metrics(census), *report_metrics(read_reports(store))]
    metrics += _by_people(store, census)
    return census.n_decisions, metrics


def _by_people(store: Store, census: Census) -> Iterator[Metric]:
    """Whatever needs the tables of reviews and appeals; where one is missing, its metrics say so."""
    queue, said, appealed = tables.reviews, tables.review_verdicts, tables.appeals
    yield from _or_missing(store, ("proactive_rate",), (queue, said), lambda: [_proactive(store, census)])
    yield from _or_missing(
        store,
        (
            "prevalence",
            "prevalence_assisted",
            "missed_prevalence",
            "views_prevalence",
            "harmful_impressions",
            "sample_answered",
        ),
        (tables.sampled, said, tables.review_labels),
        lambda: _sampled(store, census),
    )
    contested = ("appeal_rate", "valid_appeal_rate", "overturn_rate")
    yield from _or_missing(store, contested, (appealed,), lambda: appeal_metrics(store, census))
    yield from _or_missing(store, ("review_overturn_rate",), (said,), lambda: [review_overturn_rate(store)])
    agreed = ("action_agreement", "label_agreement")
    yield from _or_missing(store, agreed, (said,), lambda: agreement_metrics(store))
    golden = ("golden_action_accuracy", "golden_label_accuracy")
    yield from _or_missing(store, golden, (said, tables.golden_items), lambda: golden_metrics(store))
    acted = ("time_to_action", "report_to_action", "time_to_verdict")
    yield from _or_missing(store, _times(*acted), (queue, said), lambda: _acting(store, census))
    yield from _or_missing(store, _times("appeal_answer"), (appealed,), lambda: appeal_answer(store))


def _or_missing(
    store: Store, names: Iterable[str], needed: tuple[FromClause, ...], measure: Measure
) -> Iterable[Metric]:
    problem = store.lacks(*needed)
    return [missing(name, problem) for name in names] if problem else measure()


def _times(*names: str) -> list[str]:
    return [f"{name}_{suffix}" for name in names for suffix in ("p50", "p90")]


def _proactive(store: Store, census: Census) -> Metric:
    return proactive_rate(census, found_by_people(store))


def _sampled(store: Store, census: Census) -> Iterator[Metric]:
    sample = read_sample(store)
    yield from prevalence_metrics(sample, census)
    yield from assisted_metrics(sample, sample_scores(store, sample), read_part(store, census.n_decisions))


def _acting(store: Store, census: Census) -> Iterator[Metric]:
    acted = acted_at(store)
    yield from time_to_action(read_part(store, census.n_decisions), acted)
    yield from report_to_action(store, acted)
    yield from time_to_verdict(store)
