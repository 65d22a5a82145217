"""Judging metrics: what a rule makes of a number, its interval and what is usual."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from monitoring.alarms.hysteresis import Reading
from monitoring.alarms.looks import Finding, Measure
from monitoring.alarms.rules import MetricRule


def judge_metrics(rule: MetricRule, measures: Sequence[Measure]) -> list[Finding]:
    """Read measures: one finding a category that the rule is for."""
    return [_finding(rule, one) for one in measures if one.name == rule.metric and is_for(rule, one.category)]


def is_for(rule: MetricRule, category: str) -> bool:
    """Whether a rule reads a metric for this category; the empty one is all of them together."""
    if not rule.categories:
        return not category
    return bool(category) and any(fnmatchcase(category, pattern) for pattern in rule.categories)


def _finding(rule: MetricRule, measure: Measure) -> Finding:
    scale = measure.usual.get(rule.name) if rule.of_usual else 1.0
    name = f"{measure.name} of {measure.category}" if measure.category else measure.name
    word = "above" if rule.above is not None else "below"
    title, summary, reading = f"{name} is {word} its bound", "", Reading.UNKNOWN
    if measure.value is not None and measure.n >= rule.min_samples and scale is not None:
        reading = _beyond(rule, measure, measure.value, scale)
        title = f"{name} is {word} {rule.bound * scale:.4g}"
        summary = _summary(rule, measure, measure.value, scale)
    return Finding(
        rule=rule.name,
        key=f"{rule.name}/{measure.category}" if measure.category else rule.name,
        severity=rule.severity,
        reading=reading,
        title=title,
        summary=summary,
        advice=rule.advice,
    )


def _summary(rule: MetricRule, measure: Measure, value: float, scale: float) -> str:
    interval = "" if measure.low is None or measure.high is None else f" ({measure.low:.4g} to {measure.high:.4g})"
    usual = f"; usual is {scale:.4g}" if rule.of_usual else ""
    return f"It is {value:.4g}{interval} by {measure.n:,} samples{usual}."


def _beyond(rule: MetricRule, measure: Measure, value: float, scale: float) -> Reading:
    """Alarming is by the near end of the interval where the rule wants to be sure; calm is by the estimate."""
    sign = 1.0 if rule.above is not None else -1.0
    close = rule.bound if rule.close is None else rule.close
    near = measure.low if rule.above is not None else measure.high
    tested = near if rule.is_sure and near is not None else value
    if sign * tested > sign * rule.bound * scale:
        return Reading.ALARMING
    return Reading.CALM if sign * value <= sign * close * scale else Reading.BETWEEN
