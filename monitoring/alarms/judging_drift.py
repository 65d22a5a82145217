"""Judging drift: what a rule makes of the tests of a check."""

from collections.abc import Iterable, Sequence
from typing import Final

from monitoring.alarms.hysteresis import Reading
from monitoring.alarms.looks import Finding
from monitoring.alarms.rules import DriftRule
from monitoring.drift.verdicts import Change, DriftVerdict, Slice, Subject

CALM_P: Final = 0.05
"""A test that misses even the usual level is calm, whatever its effect. Source: Fisher (1925)."""
_N_CHANGES: Final = 12
"""Changes that an alarm keeps."""


def judge_drift(rule: DriftRule, verdicts: Sequence[DriftVerdict]) -> list[Finding]:
    """Read verdicts: one finding over all traffic, or one a slice."""
    covered: dict[str, list[Change]] = {} if rule.slices == "each" else {"all": []}
    for verdict in verdicts:
        if verdict.n_decisions >= rule.min_decisions:
            for change in filter(rule.covers, verdict.changes):
                covered.setdefault(str(change.slice), []).append(change)
    told = _told_of_all(verdicts) if rule.slices == "each" else frozenset()
    return [_finding(rule, part, changes, told) for part, changes in covered.items()]


def _told_of_all(verdicts: Sequence[DriftVerdict]) -> frozenset[tuple[Subject, str]]:
    """What has changed in all of the traffic."""
    real = (change for verdict in verdicts for change in verdict.real)
    return frozenset((change.subject, change.name) for change in real if change.slice.column is None)


def reading_of(rule: DriftRule, changes: Sequence[Change], alarming: Sequence[Change]) -> Reading:
    """Read the tests that a rule covers, some of which are alarming."""
    if not changes:
        return Reading.UNKNOWN
    if rule.urgent_p is not None and any(change.p_adjusted <= rule.urgent_p for change in alarming):
        return Reading.URGENT
    if alarming:
        return Reading.ALARMING
    return Reading.CALM if all(_is_calm(rule, change) for change in changes) else Reading.BETWEEN


def is_alarming(rule: DriftRule, change: Change) -> bool:
    """Whether a change is real, large enough for the rule and in a direction that it minds."""
    is_minded = not rule.directions or change.direction in rule.directions
    return change.is_real and is_minded and abs(change.effect) >= rule.raise_from * change.effect_threshold


def _is_calm(rule: DriftRule, change: Change) -> bool:
    is_other = bool(rule.directions) and change.direction is not None and change.direction not in rule.directions
    is_small = abs(change.effect) < rule.close_below * change.effect_threshold
    return is_other or is_small or change.p_adjusted > CALM_P


def _finding(
    rule: DriftRule, part: str, changes: Sequence[Change], told: frozenset[tuple[Subject, str]] = frozenset()
) -> Finding:
    new = (change for change in changes if (change.subject, change.name) not in told)
    alarming = sorted((change for change in new if is_alarming(rule, change)), key=_strength)
    distinct = _distinct(alarming)
    return Finding(
        rule=rule.name,
        key=rule.name if part == "all" else f"{rule.name}/{part}",
        severity=rule.severity,
        reading=reading_of(rule, changes, alarming),
        title=_title(rule, part, distinct),
        summary=" ".join(_sentence(change) for change in distinct[:3]),
        advice=_advice(rule, distinct),
        slice=changes[0].slice if changes else Slice(),
        since=min((change.since for change in distinct if change.since is not None), default=None),
        changes=tuple(distinct[:_N_CHANGES]),
    )


def _strength(change: Change) -> tuple[float, float]:
    return change.p_adjusted, -abs(change.effect) / max(change.effect_threshold, 1e-12)


def _distinct(changes: Iterable[Change]) -> list[Change]:
    """The strongest of each thing, as several horizons find the same."""
    first: dict[str, Change] = {}
    for change in changes:
        first.setdefault(f"{change.subject}/{change.name}", change)
    return list(first.values())


def _title(rule: DriftRule, part: str, changes: Sequence[Change]) -> str:
    where = "" if part == "all" else f" in {part}"
    if not changes:
        return f"{rule.about.rstrip('.') or rule.name}{where}"
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{changes[0].title}{more} changed{where}"


def _sentence(change: Change) -> str:
    """Say it, such as "Emoji up: mean 0.1, now mean 0.9 (psi 0.4 over 0.1, last 6 h)."."""
    way = f" {change.direction}" if change.direction else ""
    told = [f"{change.effect_name} {change.effect:.3g} over {change.effect_threshold:.3g}"]
    told += [f"last {change.horizon_h:g} h"] if change.horizon_h is not None else []
    told += [f"since about {change.since:%Y-%m-%d %H:%M} UTC"] if change.since is not None else []
    values = f": {change.was}, now {change.now}" if change.was and change.now else ""
    return f"{change.title}{way}{values} ({', '.join(told)})."


def _advice(rule: DriftRule, changes: Sequence[Change]) -> str:
    found = dict.fromkeys(change.advice for change in changes if change.advice)
    return " ".join(list(found)[:2]) or rule.advice
