"""Checking: what is legal in a policy and still worth a second look."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from service.policy.compiling import Scoring
from service.policy.conditions import AllOf, AnyOf, Condition, KnownCondition, ListCondition, ScoreCondition, leaves
from service.policy.document import Exemption, PolicyDocument, Rule
from service.policy.implying import implies
from service.policy.suggestions import did_you_mean


@dataclass(frozen=True)
class Doubt:
    """Something that is legal and probably not meant.

    Attributes:
        line: where it stands, from 1.

    """

    line: int
    message: str


def check_policy(document: PolicyDocument, bundles: Sequence[Scoring]) -> list[Doubt]:
    """Everything worth a second look, in the order of the file.

    Args:
        document: the policy.
        bundles: that would serve.

    """
    found = [
        *_silent(document, bundles),
        *_shadowed([rule for rule in document.rules if can_fire(rule.condition, bundles)], bundles),
        *_needless(document.rules),
        *_open_exemptions(document),
        *_unused_lists(document),
        *_refused_reviews(document),
    ]
    return sorted(found, key=lambda doubt: doubt.line)


def unknown_banks(document: PolicyDocument, banks: Collection[str]) -> list[Doubt]:
    """Conditions on banks that are none of these, in the order of the file: a bank may be made later."""
    parts: list[Rule | Exemption] = [*document.rules, *document.exemptions]
    return [
        Doubt(
            part.line,
            f"{part.id} rests on bank {leaf.bank}, which is not in the database{did_you_mean(leaf.bank, banks)}",
        )
        for part in sorted(parts, key=lambda part: part.line)
        for leaf in leaves(part.condition)
        if isinstance(leaf, KnownCondition) and leaf.bank is not None and leaf.bank not in banks
    ]


def can_fire(condition: Condition, bundles: Sequence[Scoring]) -> bool:
    """Whether some item could make it hold with these bundles."""
    if isinstance(condition, AllOf):
        return all(can_fire(part, bundles) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(can_fire(part, bundles) for part in condition.parts)
    return not isinstance(condition, ScoreCondition) or any(bundle.looks_at(condition) for bundle in bundles)


def _silent(document: PolicyDocument, bundles: Sequence[Scoring]) -> Iterator[Doubt]:
    for rule in document.rules:
        if not can_fire(rule.condition, bundles):
            yield Doubt(rule.line, f"{rule.id} can never fire: {_missing(rule.condition, bundles)}")


def _missing(condition: Condition, bundles: Sequence[Scoring]) -> str:
    scores = [leaf for leaf in leaves(condition) if isinstance(leaf, ScoreCondition)]
    silent = next(score for score in scores if not can_fire(score, bundles))
    source = f" from {' or '.join(sorted(silent.sources))}" if silent.sources else ""
    return f"no loaded bundle scores {silent.category}{source}"


def _shadowed(rules: Sequence[Rule], bundles: Sequence[Scoring]) -> Iterator[Doubt]:
    """Rules that change nothing, because one that stays fires whenever they do and asks for as much.

    From the last rule to the first, so that of two that do the same the earlier one stays.
    """
    staying = list(rules)
    for rule in reversed(rules):
        for other in staying:
            is_stricter = other is not rule and _asks_as_much(other, rule)
            if is_stricter and implies(rule.condition, other.condition, bundles):
                where = f"{other.id} (line {other.line})"
                yield Doubt(rule.line, f"{rule.id} never decides: {where} fires whenever it does and is no milder")
                staying.remove(rule)
                break


def _asks_as_much(other: Rule, rule: Rule) -> bool:
    return (
        other.action.strictness >= rule.action.strictness
        and other.review >= rule.review
        and other.always >= rule.always
    )


def _needless(rules: Sequence[Rule]) -> Iterator[Doubt]:
    for rule in rules:
        if rule.always and not any(isinstance(leaf, ScoreCondition) for leaf in leaves(rule.condition)):
            yield Doubt(rule.line, f"{rule.id} rests on no score, so always changes nothing")


def _open_exemptions(document: PolicyDocument) -> Iterator[Doubt]:
    scored = {
        leaf.category for rule in document.rules for leaf in leaves(rule.condition) if isinstance(leaf, ScoreCondition)
    }
    for entry in document.exemptions:
        if not entry.categories & scored:
            yield Doubt(entry.line, f"{entry.id} exempts from nothing: no rule rests on a score of its categories")
        yield from _loose_lists(entry, document)


def _loose_lists(entry: Exemption, document: PolicyDocument) -> Iterator[Doubt]:
    for leaf in leaves(entry.condition):
        if isinstance(leaf, ListCondition) and not document.lists[leaf.name].whole:
            yield Doubt(
                entry.line,
                f"{entry.id} exempts every text in which an entry of {leaf.name} occurs, whatever else it says; "
                "whole: true asks for the whole text",
            )


def _unused_lists(document: PolicyDocument) -> Iterator[Doubt]:
    conditions = [rule.condition for rule in document.rules] + [entry.condition for entry in document.exemptions]
    used = {leaf.name for found in conditions for leaf in leaves(found) if isinstance(leaf, ListCondition)}
    for name, found in document.lists.items():
        if name not in used:
            yield Doubt(found.line, f"no rule uses list {name}")


def _refused_reviews(document: PolicyDocument) -> Iterator[Doubt]:
    for rule in document.rules:
        if rule.review and rule.refuses_review:
            yield Doubt(rule.line, f"{rule.id} says review: false, and what is held is always put before a person")
