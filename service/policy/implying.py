"""Implying: whether one condition can only hold where another one does, as far as their form shows it."""

from collections.abc import Sequence

from service.policy.compiling import Scoring, resolve
from service.policy.conditions import (
    AccountIsYoung,
    AllOf,
    AnyOf,
    AtLeast,
    Brings,
    Condition,
    KnownCondition,
    LocaleIs,
    OneOf,
    ScoreCondition,
)


def implies(first: Condition, second: Condition, bundles: Sequence[Scoring]) -> bool:  # noqa: PLR0911 - one a form
    """Whether `second` holds for every item for which `first` does. False may mean that it does not show."""
    if first == second:
        return True
    if isinstance(second, AllOf):
        return all(implies(first, part, bundles) for part in second.parts)
    if isinstance(first, AnyOf):
        return all(implies(part, second, bundles) for part in first.parts)
    if isinstance(second, AnyOf) and any(implies(first, part, bundles) for part in second.parts):
        return True
    if isinstance(first, AllOf):
        return any(implies(part, second, bundles) for part in first.parts)
    if isinstance(first, ScoreCondition) and isinstance(second, ScoreCondition):
        return _score_implies(first, second, bundles)
    return _leaf_implies(first, second)


def _score_implies(first: ScoreCondition, second: ScoreCondition, bundles: Sequence[Scoring]) -> bool:
    """The same category, no further sources, and in no bundle a lower threshold."""
    if first.category is not second.category:
        return False
    if second.sources is not None and (first.sources is None or not first.sources <= second.sources):
        return False
    found = [bundle.thresholds for bundle in bundles if bundle.looks_at(first)]
    return all(resolve(first.at, first.category, t) >= resolve(second.at, second.category, t) for t in found)


def _leaf_implies(first: Condition, second: Condition) -> bool:  # noqa: PLR0911 - one a kind
    match first, second:
        case OneOf(), OneOf():
            return first.fact == second.fact and set(first.names) <= set(second.names)
        case AtLeast(), AtLeast():
            return first.fact == second.fact and first.number >= second.number
        case AccountIsYoung(), AccountIsYoung():
            return first.max_age_days <= second.max_age_days
        case Brings(), Brings():
            return first.modalities >= second.modalities
        case KnownCondition(), KnownCondition():
            return second.bank is None
        case LocaleIs(), LocaleIs():
            return all(any(f"{a}-".startswith(f"{b}-") for b in second.prefixes) for a in first.prefixes)
    return False
