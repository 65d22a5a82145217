"""Measuring: all safety metrics of a period, each with a value and an interval or with the reason why there is none."""

import time
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine

from monitoring.safety.catalogue import SAFETY
from monitoring.safety.exported import exported_metrics
from monitoring.safety.metric import Metric
from monitoring.safety.report import SafetyReport
from monitoring.safety.store import open_store, readable
from monitoring.safety.stored import Stored
from monitoring.windows.source import Source
from monitoring.windows.window import Period

_ORDER: Final = {definition.name: number for number, definition in enumerate(SAFETY)}


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
    with readable():
        if source.database is None:
            n_decisions, metrics = exported_metrics(source, period, tenant)
        else:
            n_decisions, metrics = _of_store(source.database, period, as_of_us, tenant)
    return SafetyReport(
        start=period.start,
        end=period.end,
        as_of=datetime.fromtimestamp(as_of_us / 1e6, UTC),
        tenant=tenant,
        n_decisions=n_decisions,
        metrics=tuple(sorted(metrics, key=lambda metric: _ORDER[metric.name])),
    )


def _of_store(database: Engine, period: Period, as_of_us: int, tenant: str | None) -> tuple[int, list[Metric]]:
    stored = Stored(open_store(database, period, as_of_us, tenant))
    metrics = list(stored.metrics())
    return stored.n_decisions, metrics
