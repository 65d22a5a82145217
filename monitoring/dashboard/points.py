"""Points: what one look adds to each panel. Weir's own numbers, by panel and series; nothing where nothing is known."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.contracts import CATEGORIES
from monitoring.alarms.alarm import Alarm
from monitoring.alarms.rules import Severity
from monitoring.drift.verdicts import Change, DriftVerdict, Slice, Status
from monitoring.windows.columns import BY_NAME, score_column
from monitoring.windows.window import Window

BANDS: Final = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Edges of the bands of highest scores."""
N_WORDS: Final = 8
"""Words of a column that a panel tells apart."""
N_EFFECTS: Final = 5
MAX_EFFECT: Final = 100.0
"""Multiples above are drawn as this, so that one of them leaves the others readable."""
FEATURES: Final = {
    "disguised_share": "disguised words",
    "altered_share": "undone characters",
    "n_urls": "addresses",
    "n_emoji": "emoji",
    "repeated": "repeats",
}
"""Columns on the panel of text features, and their short names."""
OTHER: Final = "(other)"
NONE_AT_ALL: Final = 1e-9
"""Instead of 0 on counters: Evidently's pages write "no value" for 0, and this, rounded to two digits, as 0."""


@dataclass(frozen=True, slots=True)
class Point:
    """A number of one look."""

    panel: str
    series: str
    value: float


Floats = NDArray[np.float64]


def read_points(
    verdict: DriftVerdict, window: Window, alarms: Sequence[Alarm] = (), slices: Sequence[DriftVerdict] = ()
) -> list[Point]:
    """All points of a check, its window, the alarms after it and its parts; what is not a number is left out."""
    real = [change for one in (verdict, *slices) for change in one.real]
    points = (*_checked(verdict), *_largest(real), *_alarmed(alarms), *_counted(real, window, alarms), *_seen(window))
    return [point for point in points if math.isfinite(point.value)]


def _checked(verdict: DriftVerdict) -> Iterator[Point]:
    for status in Status:
        yield Point("status", status.value, float(verdict.status is status))
    if verdict.status is Status.UNDETERMINED:
        return
    whole = [change for change in verdict.changes if change.slice == Slice()]
    yield Point("drift_share", "all", _drift_share(whole))
    groups = {_group(change) for change in whole}
    for group in sorted(groups):
        yield Point("drift_share", group, _drift_share([change for change in whole if _group(change) == group]))


def _largest(real: Sequence[Change]) -> Iterator[Point]:
    largest: dict[str, float] = {}
    for change in real:
        largest[change.title] = max(largest.get(change.title, 0.0), _multiple(change))
    for name in sorted(largest, key=largest.__getitem__, reverse=True)[:N_EFFECTS]:
        yield Point("effect", name, largest[name])


def _drift_share(changes: Sequence[Change]) -> float:
    tested = {change.name for change in changes}
    return len({change.name for change in changes if change.is_real}) / len(tested) if tested else math.nan


def _group(change: Change) -> str:
    return BY_NAME[change.name].group.value if change.name in BY_NAME else change.subject.value


def _multiple(change: Change) -> float:
    if change.effect_threshold <= 0:
        return 1.0
    return min(abs(change.effect) / change.effect_threshold, MAX_EFFECT)


def _alarmed(alarms: Sequence[Alarm]) -> Iterator[Point]:
    for severity in Severity:
        yield Point(
            "alarms", severity.value, float(sum(alarm.is_open and alarm.severity is severity for alarm in alarms))
        )


def _counted(real: Sequence[Change], window: Window, alarms: Sequence[Alarm]) -> Iterator[Point]:
    now = {
        "real changes": len({change.name for change in real}),
        "open alarms": sum(alarm.is_open for alarm in alarms),
        "decisions": window.n_decisions,
    }
    for series, count in now.items():
        yield Point("now", series, max(float(count), NONE_AT_ALL))
    yield Point("volume", "decisions", float(window.n_decisions))
    yield Point("volume", "items without a decision", float(window.totals.n_failures))


def _seen(window: Window) -> Iterator[Point]:
    if not window.n_rows:
        return
    frame, weights = window.frame, window.frame["weight"].to_numpy(np.float64)
    for name in ("language", "surface", "action", "severity"):
        yield from _mix(name, window)
    for name, series in FEATURES.items():
        yield Point("text", series, _weighted(frame, name, weights, _mean))
    for name in ("flagged", "review"):
        yield Point("flagged", BY_NAME[name].title.lower(), _weighted(frame, name, weights, _mean))
    yield Point("system", "median", _weighted(frame, "latency_ms", weights, lambda x, w: _quantile(x, w, 0.5)))
    yield Point("system", "95 %", _weighted(frame, "latency_ms", weights, lambda x, w: _quantile(x, w, 0.95)))
    yield from _scored(frame, weights)


def _scored(frame: pd.DataFrame, weights: Floats) -> Iterator[Point]:
    names = {category.value: score_column(category) for category in CATEGORIES if score_column(category) in frame}
    for category, name in names.items():
        yield Point("prevalence", category, _weighted(frame, name, weights, _mean))
        yield Point("score_p95", category, _weighted(frame, name, weights, lambda x, w: _quantile(x, w, 0.95)))
    highest = frame[list(names.values())].max(axis=1).to_numpy(np.float64)
    known = np.isfinite(highest)
    if known.any():
        counts, _ = np.histogram(highest[known], BANDS, weights=weights[known])
        for low, high, count in zip(BANDS[:-1], BANDS[1:], counts, strict=True):
            yield Point("score_bands", f"{low:.2f} to {high:.2f}", float(count / counts.sum()))


def _mix(name: str, window: Window) -> Iterator[Point]:
    counts: Mapping[str, float] = window.totals.counts.get(name) or _sampled_counts(name, window)
    total = sum(counts.values())
    if not total:
        return
    words = sorted(counts, key=lambda word: (-counts[word], word))
    for word in sorted(words[:N_WORDS]) if name == "severity" else words[:N_WORDS]:  # levels have an order of their own
        yield Point(name, word, counts[word] / total)
    if rest := sum(counts[word] for word in words[N_WORDS:]):
        yield Point(name, OTHER, rest / total)


def _sampled_counts(name: str, window: Window) -> Mapping[str, float]:
    if name not in window.frame:
        return {}
    sums = window.frame["weight"].astype(float).groupby(window.frame[name].astype(object)).sum()
    return {str(word): float(weight) for word, weight in sums.items()}


def _weighted(frame: pd.DataFrame, name: str, weights: Floats, measure: Callable[[Floats, Floats], float]) -> float:
    if name not in frame:
        return math.nan
    values = frame[name].to_numpy(np.float64)
    known = np.isfinite(values)
    return measure(values[known], weights[known]) if known.any() else math.nan


def _mean(values: Floats, weights: Floats) -> float:
    return float(np.average(values, weights=weights))


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(sums, share * sums[-1])])
