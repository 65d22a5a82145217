"""Evidence: what a recorded decision tells of the lists that occurred in its content, which is not kept.

Only of lists that the new policy shares with the recorded one, entry by entry. A rule that fired tells that the lists
without which it cannot fire occurred. A rule that would have fired with a list, whatever else occurred, and did not,
tells that the list was absent. Of all others nothing is known.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from service.policy.compiled import CompiledPolicy
from service.policy.conditions import AllOf, AnyOf, Condition, ListCondition, leaves
from service.policy.document import Exemption, PolicyDocument, Rule
from service.policy.facts import Facts
from service.policy.lists import WordList
from service.policy.matching import Find
from service.policy.replaying import (
    StoredSignal,
    Tables,
    compile_stored,
    not_absent,
    occurring,
    resolve_signals,
)
from service.policy.verdicts import bank_rule

_EVERYWHERE: Final = not_absent(())


@dataclass(frozen=True, slots=True)
class Witness:
    """A recorded policy, as far as it can tell of the lists of another one.

    Attributes:
        policy: compiled for the bundles of then.
        shared: lists of the new policy by the names that the same lists had in the recorded one.
        needed: lists by their names of then without which a rule or an exemption cannot fire, by its id.
        in_rules: lists that rules of then ask for, by their names of then.
        in_exemptions: the same of exemptions.
        exemptions: their ids.

    """

    policy: CompiledPolicy
    shared: Mapping[str, frozenset[str]]
    needed: Mapping[str, frozenset[str]]
    in_rules: frozenset[str]
    in_exemptions: frozenset[str]
    exemptions: frozenset[str]

    def present(self, reasons: Sequence[Mapping[str, object]]) -> frozenset[str]:
        """Lists of the new policy that occurred: what was done rests on them."""
        found: set[str] = set()
        for reason in reasons:
            found |= self.needed.get(str(reason["rule"]), frozenset())
            if reason.get("list"):
                found.add(str(reason["list"]))
        return frozenset().union(*(self.shared.get(name, frozenset()) for name in found))

    def absent(self, signals: Sequence[StoredSignal], facts: Facts, fired: Collection[str]) -> frozenset[str]:
        """Lists of the new policy that did not occur: with one of them something else would have fired, too.

        Raises:
            UnknownBundleError: A signal is of a bundle without thresholds.

        """
        resolved = resolve_signals(self.policy, signals)
        found: set[str] = set()
        for name, ours in self.shared.items():
            alone = occurring((name,))
            tries: list[tuple[Find, bool]] = []
            if name in self.in_rules:  # with as many exemptions as possible, so as few rules
                tries.append((_EVERYWHERE, False))
            if name in self.in_exemptions:
                tries.append((alone, True))
            for exempting, of_exemptions in tries:
                for entry in self.policy.judge(resolved, facts, alone, exempting).fired:
                    name_of = entry.rule.id
                    if (name_of in self.exemptions) is of_exemptions and name_of not in fired:
                        found |= ours
        return frozenset(found)


def open_witness(document: PolicyDocument, recorded: PolicyDocument, tables: Tables) -> Witness | None:
    """What a recorded policy can tell of the lists of another one; None where they share none."""
    by_content: dict[object, set[str]] = {}
    for name, entries in document.lists.items():
        by_content.setdefault(_content(entries), set()).add(name)
    shared = {
        name: frozenset(by_content[_content(entries)])
        for name, entries in recorded.lists.items()
        if _content(entries) in by_content
    }
    if not shared:
        return None
    parts: list[Rule | Exemption] = [*recorded.rules, *recorded.exemptions]
    return Witness(
        policy=compile_stored(recorded, [tables]),
        shared=shared,
        needed={part.id: _needed(part.condition) for part in parts},
        in_rules=_named(recorded.rules),
        in_exemptions=_named(recorded.exemptions),
        exemptions=frozenset(entry.id for entry in recorded.exemptions),
    )


def _named(parts: Sequence[Rule | Exemption]) -> frozenset[str]:
    found = (leaf for part in parts for leaf in leaves(part.condition))
    return frozenset(leaf.name for leaf in found if isinstance(leaf, ListCondition))


def _content(found: WordList) -> object:
    """What makes two lists the same: all but the name, the line and the order."""
    return found.kind, frozenset(found.entries), found.whole, found.min_similarity


def _needed(condition: Condition) -> frozenset[str]:
    """Lists without which it cannot hold."""
    if isinstance(condition, ListCondition):
        return frozenset({condition.name})
    if isinstance(condition, AllOf):
        return frozenset().union(*map(_needed, condition.parts))
    if isinstance(condition, AnyOf):
        return frozenset.intersection(*map(_needed, condition.parts))
    return frozenset()


def rules_of(reasons: Sequence[Mapping[str, object]]) -> frozenset[str]:
    """Ids of the policy's own rules and exemptions among reasons."""
    return frozenset(
        str(reason["rule"])
        for reason in reasons
        if not (reason.get("bank") and reason["rule"] == bank_rule(str(reason["bank"])))
    )
