"""Describing: conditions in words, with the numbers behind the names of operating points."""

from collections.abc import Sequence

from models.contracts import OperatingPoint
from service.policy.compiling import Scoring, resolve
from service.policy.conditions import AllOf, AnyOf, Condition, Not, ScoreCondition, leaves
from service.policy.document import PolicyDocument


def describe(condition: Condition, bundles: Sequence[Scoring] = ()) -> str:
    """A condition in words, such as `hate >= balanced (0.62) and audience is minors`."""
    match condition:
        case ScoreCondition():
            return _score(condition, bundles)
        case AllOf():
            return " and ".join(_inside(part, bundles) for part in condition.parts)
        case AnyOf():
            return " or ".join(_inside(part, bundles) for part in condition.parts)
        case Not():
            return f"not ({describe(condition.part, bundles)})"
    return str(condition)


def numbers(score: ScoreCondition, bundles: Sequence[Scoring]) -> dict[str, float]:
    """The threshold in every bundle that it can be reached in, by the bundles' names."""
    return {
        bundle.name: resolve(score.at, score.category, bundle.thresholds)
        for bundle in bundles
        if bundle.looks_at(score)
    }


def _score(score: ScoreCondition, bundles: Sequence[Scoring]) -> str:
    sources = "" if score.sources is None else f" from {' or '.join(sorted(score.sources))}"
    if not isinstance(score.at, OperatingPoint):
        return f"{score.category} >= {score.at:g}{sources}"
    found = dict.fromkeys(f"{number:.3g}" for number in numbers(score, bundles).values())
    resolved = f" ({', '.join(found)})" if found else ""
    return f"{score.category} >= {score.at}{resolved}{sources}"


def _inside(part: Condition, bundles: Sequence[Scoring]) -> str:
    said = describe(part, bundles)
    return f"({said})" if isinstance(part, AllOf | AnyOf) else said


def summarise(document: PolicyDocument, bundles: Sequence[Scoring]) -> dict[str, object]:
    """A policy ready for JSON: rules in words and in numbers."""
    return {
        "name": document.name,
        "version": document.version,
        "rules": [
            {
                "id": rule.id,
                "line": rule.line,
                "when": describe(rule.condition),
                "thresholds": thresholds(rule.condition, bundles),
                "action": rule.action.value,
                "review": rule.review,
                "always": rule.always,
                "code": rule.code,
                "category": rule.category.value if rule.category else None,
                "message": rule.message,
            }
            for rule in document.rules
        ],
        "exemptions": [
            {
                "id": entry.id,
                "line": entry.line,
                "when": describe(entry.condition),
                "exempt": sorted(entry.categories),
                "code": entry.code,
            }
            for entry in document.exemptions
        ],
        "lists": [
            {"name": found.name, "kind": found.kind.value, "n_entries": len(found.entries)}
            for found in document.lists.values()
        ],
    }


def thresholds(condition: Condition, bundles: Sequence[Scoring]) -> dict[str, float]:
    """The number behind every score of a condition, by its category and bundle."""
    return {
        f"{leaf.category} in {name}": number
        for leaf in leaves(condition)
        if isinstance(leaf, ScoreCondition)
        for name, number in numbers(leaf, bundles).items()
    }
