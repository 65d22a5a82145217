"""Judging: how each kind of rule reads a look. What it cannot tell is unknown, which is never calm."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from monitoring.alarms.hysteresis import Reading, raise_after
from monitoring.alarms.judging_drift import judge_drift
from monitoring.alarms.judging_metrics import judge_metrics
from monitoring.alarms.looks import Finding, Look, Traffic
from monitoring.alarms.rules import (
    DriftRule,
    FailuresRule,
    MetricRule,
    MonitorRule,
    ReferenceRule,
    Rule,
    Rules,
    SilenceRule,
)
from monitoring.drift.verdicts import DriftVerdict, Status

_DAY_US: Final = 86_400_000_000
_N_CODES: Final = 5


def judge(rules: Rules, look: Look) -> list[Finding]:
    """Read a look by all rules."""
    return [finding for rule in rules.rules for finding in judge_rule(rule, look)]


def judge_rule(rule: Rule, look: Look) -> list[Finding]:
    """Read a look by one rule: a finding for each thing that it can be alarmed about."""
    match rule:
        case DriftRule():
            return judge_drift(rule, look.verdicts)
        case MetricRule():
            return judge_metrics(rule, look.measures)
        case FailuresRule():
            return [_failures(rule, look.traffic)]
        case SilenceRule():
            return [_silence(rule, look.traffic)]
        case ReferenceRule():
            return [_reference(rule, look)]
        case MonitorRule():
            return [_monitor(rule, look)]


def first_alarm(rules: Rules, verdicts: Sequence[DriftVerdict]) -> int | None:
    """The index of the look that opens the first drift alarm, if looks in a row had these verdicts.

    For simulations: exactly what the runner does with them, without a store and without state.
    """
    raised = []
    for rule in rules.rules:
        if isinstance(rule, DriftRule) and rule.slices == "all":
            readings = [judge_drift(rule, [verdict])[0].reading for verdict in verdicts]
            raised.append(raise_after(readings, rule.hysteresis))
    return min((index for index in raised if index is not None), default=None)


def _finding(
    rule: Rule, reading: Reading, title: str = "", summary: str = "", *, part: str = "", advice: str = ""
) -> Finding:
    return Finding(
        rule=rule.name,
        key=f"{rule.name}/{part}" if part else rule.name,
        severity=rule.severity,
        reading=reading,
        title=title or rule.about or rule.name,
        summary=summary,
        advice=advice or rule.advice,
    )


def _of(traffic: Iterable[Traffic], horizon_h: float) -> Traffic | None:
    return next((one for one in traffic if one.horizon_h == horizon_h), None)


def _failures(rule: FailuresRule, traffic: Sequence[Traffic]) -> Finding:
    found = _of(traffic, rule.horizon_h)
    if found is None or found.failures is None:
        return _finding(rule, Reading.UNKNOWN)
    n_items = found.n_decisions + found.n_failures
    if n_items < rule.min_items:
        return _finding(rule, Reading.UNKNOWN)
    share = found.n_failures / n_items
    reading = _above(share, rule.above, rule.close_below)
    codes = sorted(found.failures.items(), key=lambda entry: -entry[1])[:_N_CODES]
    told = ", ".join(f"{code} {count:,}" for code, count in codes)
    summary = f"{found.n_failures:,} of {n_items:,} items of the last {rule.horizon_h:g} h failed: {told or 'none'}."
    return _finding(rule, reading, f"{share:.1%} of the items got no decision", summary)


def _above(value: float, bound: float, close: float) -> Reading:
    if value >= bound:
        return Reading.ALARMING
    return Reading.CALM if value < close else Reading.BETWEEN


def _silence(rule: SilenceRule, traffic: Sequence[Traffic]) -> Finding:
    recent = _of(traffic, rule.horizon_h)
    longest = max(traffic, key=lambda one: one.horizon_h, default=None)
    if recent is None or longest is None or longest.horizon_h <= rule.horizon_h:
        return _finding(rule, Reading.UNKNOWN)
    if recent.n_decisions:
        return _finding(rule, Reading.CALM)
    before = longest.n_decisions
    summary = f"None in the last {rule.horizon_h:g} h, {before:,} in the last {longest.horizon_h:g} h."
    reading = Reading.ALARMING if before >= rule.min_usual else Reading.UNKNOWN
    return _finding(rule, reading, f"No decisions for {rule.horizon_h:g} h", summary)


def _reference(rule: ReferenceRule, look: Look) -> Finding:
    if look.reference_at is None:
        return _finding(rule, Reading.UNKNOWN)
    age_days = (datetime.fromtimestamp(look.at_us / 1e6, UTC) - look.reference_at).total_seconds() * 1e6 / _DAY_US
    summary = f"It was made on {look.reference_at:%Y-%m-%d}, {age_days:.0f} days before."
    reading = Reading.ALARMING if age_days > rule.max_age_days else Reading.CALM
    return _finding(rule, reading, "The reference is old", summary)


def _monitor(rule: MonitorRule, look: Look) -> Finding:
    if rule.when == "failed":
        reading = Reading.CALM if look.error is None else Reading.ALARMING
        return _finding(rule, reading, "Looks at the traffic fail", look.error or "")
    if look.error is not None or not look.verdicts:
        return _finding(rule, Reading.UNKNOWN)
    verdict = look.verdicts[0]
    if verdict.status is Status.UNDETERMINED:
        reasons = " ".join((*verdict.reasons, *look.faults))
        return _finding(rule, Reading.ALARMING, "Nothing can be said of the traffic", reasons)
    reading = Reading.ALARMING if look.faults else Reading.CALM
    return _finding(rule, reading, "A part of the looks breaks", " ".join(look.faults))
