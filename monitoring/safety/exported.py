"""Exported: what decisions alone tell, where there is no store with reviews, verdicts and appeals beside them."""

from typing import Final

import numpy as np

from monitoring.drift.verdicts import Slice
from monitoring.safety.catalogue import SAFETY
from monitoring.safety.census import Census
from monitoring.safety.metric import Metric, missing
from monitoring.safety.proactive import NO_REPORTS, proactive_rate, rate_metrics
from monitoring.windows.reading import read_window
from monitoring.windows.source import Source
from monitoring.windows.window import Period, Window

_NEEDS_STORE: Final = "exported Parquet has decisions without reviews, verdicts and appeals; name the store instead"
_SAMPLED_NOTE: Final = "estimated from a sample of the period"


def exported_metrics(source: Source, period: Period, tenant: str | None) -> tuple[int, list[Metric]]:
    """The number of decisions, and every metric; most of them say that they need the store."""
    part = Slice() if tenant is None else Slice(column="tenant", value=tenant)
    window = read_window(source, period, part=part)
    census = census_of(window)
    metrics = [*rate_metrics(census), proactive_rate(census, 0), _user_reports(window)]
    known = {metric.name for metric in metrics}
    metrics += [missing(entry.name, _NEEDS_STORE) for entry in SAFETY if entry.name not in known]
    return window.n_decisions, metrics


def census_of(window: Window) -> Census:
    """Counts by the weights of a window's rows."""
    frame = window.frame
    actions, weights = frame["action"].astype(str), frame["weight"]
    is_reported = frame["user_reports"].fillna(0.0) > 0
    reach = (frame["reach"].fillna(0.0) * weights).groupby(actions).sum()
    return Census(
        by_action={str(action): round(n) for action, n in weights.groupby(actions).sum().items()},
        reported={str(action): round(n) for action, n in (weights * is_reported).groupby(actions).sum().items()},
        impressions={str(action): float(seen) for action, seen in reach.items()},
    )


def _user_reports(window: Window) -> Metric:
    reports = window.frame["user_reports"].fillna(0.0).to_numpy(np.float64)
    n = int((reports > 0).sum())
    if not n:
        return missing("user_reports", NO_REPORTS)
    value = float((reports * window.frame["weight"].to_numpy(np.float64)).sum())
    note = "decisions on one item are counted each" + (f"; {_SAMPLED_NOTE}" if window.is_sampled else "")
    return Metric(name="user_reports", value=value, n=n, method="count", note=note)
