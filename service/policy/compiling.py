"""Compiling: a policy as written, resolved for the bundles that score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from models.contracts import Action, Category, OperatingPoint, ScoreSource, ThresholdTable
from service.policy.compiled import CompiledPolicy, ExemptionTest, RuleTest, Sheet, Step, Test
from service.policy.conditions import (
    AllOf,
    AnyOf,
    At,
    Condition,
    KnownCondition,
    ListCondition,
    Not,
    ScoreCondition,
    leaves,
)
from service.policy.document import Exemption, PolicyDocument, PolicyError, Rule
from service.policy.matching import build_matcher
from service.policy.verdicts import CompiledRule

NEVER: Final = 2.0
"""A threshold that no probability reaches."""
_STRICTNESS: Final = {action: action.strictness for action in Action}
_COST: Final = {ScoreCondition: 0, AllOf: 2, AnyOf: 2, KnownCondition: 3, ListCondition: 4}
"""In which order parts are tried; everything about the context is 1."""


@dataclass(frozen=True)
class Scoring:
    """What the policy has to know of a bundle.

    Attributes:
        labels: in the order of its probabilities.
        sources: parts of an item that it looks at; what a check warns by.
        name: for people.

    """

    digest: str
    labels: tuple[Category, ...]
    thresholds: ThresholdTable
    sources: frozenset[ScoreSource] = field(default_factory=lambda: frozenset(ScoreSource))
    name: str = ""

    def looks_at(self, score: ScoreCondition) -> bool:
        """Whether some score of this bundle can reach the condition."""
        return score.category in self.labels and (score.sources is None or bool(score.sources & self.sources))


def compile_policy(document: PolicyDocument, bundles: Sequence[Scoring]) -> CompiledPolicy:
    """Resolve a policy for bundles, the text bundle first.

    Conditions on categories that none of them scores are never reached and listed as `inactive`; they are no error,
    because the same policy serves with any set of bundles.
    """
    numbers = _numbers(document)
    rules = tuple(_rule(rule, numbers) for rule in document.rules)
    sheets = {bundle.digest: _sheet(bundle, numbers) for bundle in bundles}
    scored = {label for bundle in bundles for label in bundle.labels}
    return CompiledPolicy(
        name=document.name,
        version=document.version,
        sheets=sheets,
        text=sheets[bundles[0].digest],
        rules=rules,
        by_score=tuple(
            tuple(place for place, rule in enumerate(rules) if number in rule.scores) for number in numbers.values()
        ),
        free=tuple(place for place, rule in enumerate(document.rules) if not _needs_score(rule.condition)),
        exemptions=tuple(_exemption(entry, numbers) for entry in document.exemptions),
        matchers={name: build_matcher(found) for name, found in document.lists.items()},
        inactive=tuple(dict.fromkeys(score.category for score in numbers if score.category not in scored)),
    )


def require_rules(policy: CompiledPolicy) -> None:
    """See that some rule can fire with the bundles.

    Raises:
        PolicyError: None can.

    """
    has_step = any(steps for sheet in policy.sheets.values() for steps in sheet.steps)
    if not has_step and not policy.free:
        raise PolicyError(f"{policy.name}: no rule rests on a category that a loaded bundle scores")


def resolve(at: At, category: Category, thresholds: ThresholdTable) -> float:
    """A threshold as a number."""
    return thresholds.categories[category][at] if isinstance(at, OperatingPoint) else at


def _numbers(document: PolicyDocument) -> dict[ScoreCondition, int]:
    """Every different condition on a score, numbered in the order of writing."""
    found = (leaf for rule in document.rules for leaf in leaves(rule.condition) if isinstance(leaf, ScoreCondition))
    return {score: number for number, score in enumerate(dict.fromkeys(found))}


def _sheet(bundle: Scoring, numbers: Mapping[ScoreCondition, int]) -> Sheet:
    steps = tuple(
        tuple(
            sorted(
                Step(resolve(score.at, label, bundle.thresholds), number, score.sources)
                for score, number in numbers.items()
                if score.category is label
            )
        )
        for label in bundle.labels
    )
    balanced = tuple(bundle.thresholds.categories[label][OperatingPoint.BALANCED] for label in bundle.labels)
    floors = tuple(
        min((lowest, *(step.threshold for step in found))) for lowest, found in zip(balanced, steps, strict=True)
    )
    return Sheet(bundle.labels, floors, balanced, steps)


def _rule(rule: Rule, numbers: Mapping[ScoreCondition, int]) -> RuleTest:
    condition = rule.condition
    return RuleTest(
        rule=CompiledRule(
            rule.id, rule.code, rule.category, rule.action, _STRICTNESS[rule.action], rule.review, rule.message
        ),
        test=None if isinstance(condition, ScoreCondition) else _test(condition, numbers),
        scores=tuple(numbers[leaf] for leaf in leaves(condition) if isinstance(leaf, ScoreCondition)),
        lists=_lists(condition),
        banks=_banks(condition),
        always=rule.always,
    )


def _exemption(entry: Exemption, numbers: Mapping[ScoreCondition, int]) -> ExemptionTest:
    return ExemptionTest(
        rule=CompiledRule(entry.id, entry.code, None, Action.ALLOW, _STRICTNESS[Action.ALLOW], False, entry.message),
        test=_test(entry.condition, numbers),
        scores=frozenset(number for score, number in numbers.items() if score.category in entry.categories),
        lists=_lists(entry.condition),
        banks=_banks(entry.condition),
    )


def _lists(condition: Condition) -> tuple[str, ...]:
    return tuple(leaf.name for leaf in leaves(condition) if isinstance(leaf, ListCondition))


def _banks(condition: Condition) -> tuple[str | None, ...]:
    return tuple(leaf.bank for leaf in leaves(condition) if isinstance(leaf, KnownCondition))


def _needs_score(condition: Condition) -> bool:
    """Whether it cannot hold without a reached score."""
    if isinstance(condition, AllOf):
        return any(_needs_score(part) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return all(_needs_score(part) for part in condition.parts)
    return isinstance(condition, ScoreCondition)


def _test(condition: Condition, numbers: Mapping[ScoreCondition, int]) -> Test:
    """A condition as a function; the cheap parts of a combination come first."""
    match condition:
        case ScoreCondition():
            number = numbers[condition]
            return lambda hits, _facts, _find: number in hits
        case ListCondition():
            name = condition.name
            return lambda _hits, _facts, find: find(name) is not None
        case Not():
            part = _test(condition.part, numbers)
            return lambda hits, facts, find: not part(hits, facts, find)
        case AllOf():
            every = _ordered(condition.parts, numbers)
            return lambda hits, facts, find: all(test(hits, facts, find) for test in every)
        case AnyOf():
            some = _ordered(condition.parts, numbers)
            return lambda hits, facts, find: any(test(hits, facts, find) for test in some)
    holds = condition.holds
    return lambda _hits, facts, _find: holds(facts)


def _ordered(parts: Sequence[Condition], numbers: Mapping[ScoreCondition, int]) -> tuple[Test, ...]:
    return tuple(_test(part, numbers) for part in sorted(parts, key=lambda part: _COST.get(type(part), 1)))
