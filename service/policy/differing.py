"""Differing: what is not the same in two policies, rule by rule, down to the numbers behind operating points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from service.policy.compiling import Scoring
from service.policy.describing import describe, thresholds
from service.policy.document import Exemption, PolicyDocument, Rule
from service.policy.lists import WordList

Cell = str | bool | int | float | None | dict[str, float]
Facts = dict[str, Cell]
"""Everything that can be told of a rule or a list, by the name of its field."""


@dataclass(frozen=True)
class Change:
    """One rule, exemption or list that is not the same.

    Attributes:
        of: which of them.
        before: empty where it is added, and `after` where it is removed.

    """

    of: Literal["rule", "exemption", "list"]
    id: str
    before: Facts
    after: Facts

    @property
    def kind(self) -> str:
        """Added, removed or changed."""
        return "changed" if self.before and self.after else "added" if self.after else "removed"

    @property
    def fields(self) -> tuple[str, ...]:
        """What differs, of one that is changed."""
        both = self.before and self.after
        return tuple(name for name in self.after if self.before.get(name) != self.after[name]) if both else ()

    def as_json(self) -> dict[str, object]:
        """Ready for JSON."""
        return {
            "of": self.of,
            "id": self.id,
            "change": self.kind,
            "fields": list(self.fields),
            "before": self.before or None,
            "after": self.after or None,
        }


def diff_policies(before: PolicyDocument, after: PolicyDocument, bundles: Sequence[Scoring]) -> list[Change]:
    """Everything that differs, rules first, in the order of the files.

    Args:
        before: one policy.
        after: another.
        bundles: whose operating points give the numbers.

    """
    return [
        *_changes("rule", _rules(before, bundles), _rules(after, bundles)),
        *_changes("exemption", _exemptions(before, bundles), _exemptions(after, bundles)),
        *_changes("list", _lists(before), _lists(after)),
    ]


def _changes(
    of: Literal["rule", "exemption", "list"], before: Mapping[str, Facts], after: Mapping[str, Facts]
) -> list[Change]:
    names = dict.fromkeys([*before, *after])
    found = [Change(of, name, before.get(name, _NOTHING), after.get(name, _NOTHING)) for name in names]
    return [change for change in found if change.before != change.after]


def _rules(document: PolicyDocument, bundles: Sequence[Scoring]) -> dict[str, Facts]:
    return {rule.id: _rule(rule, bundles) for rule in document.rules}


def _rule(rule: Rule, bundles: Sequence[Scoring]) -> Facts:
    return {
        "when": describe(rule.condition),
        "thresholds": thresholds(rule.condition, bundles),
        "action": rule.action.value,
        "review": rule.review,
        "category": rule.category.value if rule.category else None,
        "code": rule.code,
        "message": rule.message,
        "always": rule.always,
    }


def _exemptions(document: PolicyDocument, bundles: Sequence[Scoring]) -> dict[str, Facts]:
    return {entry.id: _exemption(entry, bundles) for entry in document.exemptions}


def _exemption(entry: Exemption, bundles: Sequence[Scoring]) -> Facts:
    return {
        "when": describe(entry.condition, bundles),
        "exempt": ", ".join(sorted(entry.categories)),
        "code": entry.code,
        "message": entry.message,
    }


def _lists(document: PolicyDocument) -> dict[str, Facts]:
    return {name: _list(found) for name, found in document.lists.items()}


def _list(found: WordList) -> Facts:
    """How it compares, and its entries by number and digest: a list may be what nobody wants to read."""
    import hashlib

    digest = hashlib.sha256("\n".join(sorted(found.entries)).encode()).hexdigest()
    return {
        "kind": found.kind.value,
        "n_entries": len(found.entries),
        "entries_digest": digest[:12],
        "whole": found.whole,
        "min_similarity": found.min_similarity,
    }


_NOTHING: Final[Facts] = {}
