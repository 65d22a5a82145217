"""The compiled policy: rules resolved against a bundle's thresholds, ready to judge in microseconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from models.contracts import Action, Category, OperatingPoint, ThresholdTable
from service.policy.document import PolicyDocument, PolicyError, Rule

_STRICTNESS: Final = {action: action.strictness for action in Action}


class CompiledRule(NamedTuple):
    """One rule with its threshold as a number."""

    id: str
    code: str
    category: Category
    threshold: float
    action: Action
    strictness: int
    review: bool
    message: str


class Fired(NamedTuple):
    """A rule that fired, and the probability that made it."""

    rule: CompiledRule
    prob: float


class Verdict(NamedTuple):
    """What the policy says about one item.

    Attributes:
        fired: every rule that fired, strictest first, then by probability.
        flagged: a category reached the bundle's balanced operating point.

    """

    action: Action
    review: bool
    flagged: bool
    fired: tuple[Fired, ...]


_CLEAN: Final = Verdict(Action.ALLOW, review=False, flagged=False, fired=())


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy for one order of labels.

    Monotone: raising a probability lets more rules fire and never fewer, so the action never gets milder.

    Attributes:
        name: as in the file.
        version: digest of the file's text.
        floors: the lowest threshold that means anything, by label; 2.0 where none does.
        balanced: the threshold of `flagged`, by label.
        rules: the rules of each label.
        inactive: categories with rules that no loaded model scores.

    """

    name: str
    version: str
    floors: tuple[float, ...]
    balanced: tuple[float, ...]
    rules: tuple[tuple[CompiledRule, ...], ...]
    inactive: tuple[Category, ...]

    def judge(self, probs: Sequence[float]) -> Verdict:
        """Judge one item by its probabilities, in the order of the labels. No probability is NaN."""
        for prob, floor in zip(probs, self.floors, strict=True):
            if prob >= floor:
                return self._judge_hit(probs)
        return _CLEAN

    def _judge_hit(self, probs: Sequence[float]) -> Verdict:
        fired = [
            Fired(rule, prob)
            for prob, rules in zip(probs, self.rules, strict=True)
            for rule in rules
            if prob >= rule.threshold
        ]
        fired.sort(key=lambda entry: (-entry.rule.strictness, -entry.prob))
        return Verdict(
            action=fired[0].rule.action if fired else Action.ALLOW,
            review=any(entry.rule.review for entry in fired),
            flagged=any(prob >= threshold for prob, threshold in zip(probs, self.balanced, strict=True)),
            fired=tuple(fired),
        )


def compile_policy(document: PolicyDocument, labels: Sequence[Category], thresholds: ThresholdTable) -> CompiledPolicy:
    """Resolve a policy for the labels of one bundle.

    Rules on categories that it does not score stay silent and are listed as `inactive`; they are not an error, because
    the same policy serves with any set of bundles.
    """
    by_label = [
        tuple(_compile(rule, thresholds) for rule in document.rules if rule.category is label) for label in labels
    ]
    balanced = tuple(thresholds.categories[label][OperatingPoint.BALANCED] for label in labels)
    return CompiledPolicy(
        name=document.name,
        version=document.version,
        floors=tuple(
            min((threshold, *(rule.threshold for rule in rules)))
            for threshold, rules in zip(balanced, by_label, strict=True)
        ),
        balanced=balanced,
        rules=tuple(by_label),
        inactive=tuple(dict.fromkeys(rule.category for rule in document.rules if rule.category not in labels)),
    )


def require_rules(policies: Sequence[CompiledPolicy]) -> tuple[Category, ...]:
    """Categories with rules that no loaded bundle scores, one policy resolved for each bundle.

    Raises:
        PolicyError: No rule can ever fire.

    """
    if not any(rules for policy in policies for rules in policy.rules):
        raise PolicyError(f"{policies[0].name}: no rule names a category that a loaded bundle scores")
    silent = [frozenset(policy.inactive) for policy in policies]
    return tuple(category for category in policies[0].inactive if all(category in found for found in silent))


def _compile(rule: Rule, thresholds: ThresholdTable) -> CompiledRule:
    at = rule.at
    threshold = thresholds.categories[rule.category][at] if isinstance(at, OperatingPoint) else at
    name = f"{rule.category}.{at}"
    return CompiledRule(
        name, name, rule.category, threshold, rule.action, _STRICTNESS[rule.action], rule.review, rule.message
    )
