"""The usual: what a metric was in earlier looks, for rules that compare with it."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from monitoring.alarms.judging_metrics import is_for
from monitoring.alarms.looks import Measure
from monitoring.alarms.rules import MetricRule, Rules
from monitoring.state.state import State

_DAY_US: Final = 86_400_000_000


def with_usual(measures: Sequence[Measure], rules: Rules, state: State, at_us: int) -> list[Measure]:
    """The measures of a look, with what is usual for each rule that asks."""
    asking = [rule for rule in rules.rules if isinstance(rule, MetricRule) and rule.of_usual]
    return [_with(measure, asking, state, at_us) for measure in measures]


def _with(measure: Measure, asking: Sequence[MetricRule], state: State, at_us: int) -> Measure:
    found = {
        rule.name: usual
        for rule in asking
        if rule.metric == measure.name
        and is_for(rule, measure.category)
        and (usual := _usual(measure, rule, state, at_us)) is not None
    }
    return measure.model_copy(update={"usual": found}) if found else measure


def _usual(measure: Measure, rule: MetricRule, state: State, at_us: int) -> float | None:
    """The median of the looks before, from which on enough samples were behind each; None without a day of them."""
    since_us = at_us - round(rule.usual_days * _DAY_US)
    past = [
        (looked_us, one.value)
        for looked_us, one in state.measures(measure.name, measure.category, since_us)
        if looked_us < at_us and one.value is not None and one.n >= rule.min_samples
    ]
    if not past or past[-1][0] - past[0][0] < _DAY_US:
        return None
    return median(value for _, value in past)
