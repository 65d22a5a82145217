"""Estimating: the numbers of one category from its evidence, each between the percentiles of its resamples."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from monitoring.quality.curves import areas, brier, calibration_error, precision_recall
from monitoring.quality.evidence import MIN_LABELS, MIN_RARER, Evidence
from monitoring.safety.intervals import Floats, Interval, wilson
from monitoring.safety.metric import CONFIDENCE, Basis, Metric, missing

N_RESAMPLES: Final = 200
_SEED: Final = 0
_CHUNK_CELLS: Final = 2_000_000
_SELECTED: Final = "of what was queued for review, weighed to the scores of the window; not of all decisions"
_NEEDS_SAMPLE: Final = (
    "harm that nobody queued cannot be seen in the queue: it takes a random review sample with at least "
    f"{MIN_RARER} positive and {MIN_RARER} negative labels (WEIR_REVIEW_SAMPLE_SHARE)"
)
_NO_POINTS: Final = "the store does not know the operating points of the bundle that scored"

Numbers = Callable[[Floats], dict[str, Floats]]
"""Values by name of each resample, from weights of *Shape:* `(r, n)`."""


def estimate(category: str, sampled: Evidence, queued: Evidence) -> Iterator[Metric]:
    """Precision from whichever has flags enough, the random sample first; all else from it, or else from the queue."""
    flags = sampled if int(sampled.flagged.sum()) >= MIN_LABELS else queued
    yield _precision(category, flags)
    is_enough = len(sampled) >= MIN_LABELS and sampled.n_rarer >= MIN_RARER
    yield from _of_all(category, sampled if is_enough else queued)


def _precision(category: str, evidence: Evidence) -> Metric:
    flagged, n = evidence.take(evidence.flagged), int(evidence.flagged.sum())
    if len(evidence) and not evidence.has_thresholds:
        return missing("precision", _NO_POINTS, category=category, n=len(evidence))
    if n < MIN_LABELS:
        reason = f"{n} flagged decisions have a label; at least {MIN_LABELS} are needed"
        return missing("precision", reason, category=category, n=n)

    def numbers(weights: Floats) -> dict[str, Floats]:
        return {"precision": precision_recall(flagged.flagged, flagged.yes, weights)[0]}

    return _metric("precision", category, flagged, _share(_intervals(flagged, numbers)["precision"], flagged))


def _of_all(category: str, evidence: Evidence) -> Iterator[Metric]:
    names = ("base_rate", "recall", "pr_auc", "roc_auc", "brier", "ece")
    n = len(evidence)
    if n < MIN_LABELS or evidence.n_rarer < MIN_RARER:
        reason = f"{n} labels, {evidence.n_rarer} of the rarer answer; at least {MIN_LABELS} and {MIN_RARER} are needed"
        yield from (missing(name, reason, category=category, n=n) for name in names)
        return
    found = _intervals(evidence, lambda weights: _numbers(evidence, weights))
    for name in names:
        if name in ("base_rate", "recall") and evidence.basis is Basis.SELECTED:
            yield missing(name, _NEEDS_SAMPLE, category=category, n=n)
        elif name == "recall" and not evidence.has_thresholds:
            yield missing(name, _NO_POINTS, category=category, n=n)
        else:
            interval = _share(found[name], _base(name, evidence)) if name in ("base_rate", "recall") else found[name]
            yield _metric(name, category, evidence, interval)


def _numbers(evidence: Evidence, weights: Floats) -> dict[str, Floats]:
    probs, yes = evidence.probs, evidence.yes
    pr_auc, roc_auc = areas(probs, yes, weights)
    return {
        "base_rate": (weights @ yes) / weights.sum(axis=1),
        "recall": precision_recall(evidence.flagged, yes, weights)[1],
        "pr_auc": pr_auc,
        "roc_auc": roc_auc,
        "brier": brier(probs, yes, weights),
        "ece": calibration_error(probs, yes, weights),
    }


def _base(name: str, evidence: Evidence) -> Evidence:
    """What a share is of: all, or the positives."""
    return evidence if name == "base_rate" else evidence.take(evidence.yes == 1.0)


def _intervals(evidence: Evidence, numbers: Numbers) -> dict[str, Interval]:
    values = {name: float(value[0]) for name, value in numbers(evidence.weights[None, :]).items()}
    resampled: dict[str, list[Floats]] = {name: [] for name in values}
    for weights in _resamples(evidence):
        for name, value in numbers(weights).items():
            resampled[name].append(value)
    return {name: _percentiles(values[name], np.concatenate(resampled[name])) for name in values}


def _resamples(evidence: Evidence) -> Iterator[Floats]:
    """Rows drawn with replacement within their strata. Source: Efron & Tibshirani (1993), chapters 6 and 13."""
    rng, n = np.random.default_rng(_SEED), len(evidence)
    members = [np.flatnonzero(evidence.strata == stratum) for stratum in np.unique(evidence.strata)]
    chunk = max(1, _CHUNK_CELLS // n)
    for start in range(0, N_RESAMPLES, chunk):
        size = min(chunk, N_RESAMPLES - start)
        drawn = np.zeros((size, n))
        for rows in members:
            drawn[:, rows] = rng.multinomial(len(rows), np.full(len(rows), 1.0 / len(rows)), size=size)
        yield drawn * evidence.weights


def _percentiles(value: float, resampled: Floats) -> Interval:
    tail = 50.0 * (1.0 - CONFIDENCE)
    low, high = np.percentile(np.append(resampled[np.isfinite(resampled)], value), [tail, 100.0 - tail])
    return Interval(value, min(value, float(low)), max(value, float(high)))


def _share(found: Interval, evidence: Evidence) -> Interval:
    """A share, at least as wide as Wilson's at the effective size: where all are right, resamples are too."""
    size = float(evidence.weights.sum() ** 2 / (evidence.weights**2).sum())
    least = wilson(found.value * size, size)
    return Interval(found.value, min(found.low, least.low), max(found.high, least.high))


def _metric(name: str, category: str, evidence: Evidence, found: Interval) -> Metric:
    is_all = evidence.basis is Basis.SAMPLED
    return Metric(
        name=name,
        category=category,
        value=found.value,
        low=found.low,
        high=found.high,
        n=len(evidence),
        basis=evidence.basis,
        method=f"{'random sample' if is_all else 'reviewed items'}, {N_RESAMPLES} resamples",
        note="" if is_all else _SELECTED,
    )
