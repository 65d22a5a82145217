"""The tally: how decisions would change, counted in pieces that can be added up in any order."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import orjson

from models.contracts import Action
from service.policy.verdicts import Verdict
from service.rollout.replay.judging import Rejudged, Unreplayable
from service.rollout.replay.recorded import Recorded

NO_CATEGORY: Final = "(none)"
"""Of a change that rests on no category: a list, a bank, or the context alone."""
_RANDOM: Final = 12
"""Last digits of a decision's id, which are random."""

Pair = tuple[str, str]
"""Action as it was, and as it would have been."""


@dataclass
class Changes:
    """Of one category or surface: decisions, and how many would have been stricter or milder."""

    n_decisions: int = 0
    n_stricter: int = 0
    n_milder: int = 0

    def add(self, other: "Changes") -> None:
        """Count those of another piece as well."""
        self.n_decisions += other.n_decisions
        self.n_stricter += other.n_stricter
        self.n_milder += other.n_milder


@dataclass
class Tally:
    """What a replay found.

    Attributes:
        n_samples: ids that are kept of every pair of actions that differ.
        pairs: decisions by their action as it was and as it would have been.
        not_replayed: decisions of which nobody can tell, by the reason.
        uncertain: of those judged again, the ones that depend on lists of which the record does not tell, by the
            mildest and the strictest action that are possible; all else counts them as if no such list occurred.
        by_category: changes by the category of the reason that made the stricter of the two actions.
        by_surface: the same by surface; with all decisions.
        samples: ids of changed decisions, drawn evenly: those with the lowest random part.

    """

    n_samples: int = 5
    pairs: Counter[Pair] = field(default_factory=Counter)
    not_replayed: Counter[str] = field(default_factory=Counter)
    uncertain: Counter[Pair] = field(default_factory=Counter)
    by_category: dict[str, Changes] = field(default_factory=dict)
    by_surface: dict[str, Changes] = field(default_factory=dict)
    samples: dict[Pair, list[str]] = field(default_factory=dict)
    n_reviews_added: int = 0
    n_reviews_removed: int = 0

    @property
    def n_replayed(self) -> int:
        """Decisions that were judged again."""
        return self.pairs.total()

    @property
    def n_certain(self) -> int:
        """Of those, the ones whose outcome does not depend on what nobody knows."""
        return self.n_replayed - self.uncertain.total()

    @property
    def n_changed(self) -> int:
        """Of those, the ones whose action would have been another."""
        return sum(n for (before, after), n in self.pairs.items() if before != after)

    def count(self, row: Recorded, outcome: Rejudged | Unreplayable) -> None:
        """Add one decision."""
        if isinstance(outcome, Unreplayable):
            self.not_replayed[outcome.value] += 1
            return
        before, after = row.action, outcome.action.value
        self.pairs[before, after] += 1
        if outcome.bounds is not None:
            self.uncertain[outcome.bounds[0].value, outcome.bounds[1].value] += 1
        surface = self.by_surface.setdefault(row.surface, Changes())
        surface.n_decisions += 1
        if outcome.review != bool(row.review):
            self.n_reviews_added += outcome.review
            self.n_reviews_removed += not outcome.review
        if before != after:
            self._count_change(row, outcome, surface)

    def add(self, other: "Tally") -> None:
        """Add the tally of other decisions."""
        self.pairs.update(other.pairs)
        self.not_replayed.update(other.not_replayed)
        self.uncertain.update(other.uncertain)
        for name, changes in other.by_category.items():
            self.by_category.setdefault(name, Changes()).add(changes)
        for name, changes in other.by_surface.items():
            self.by_surface.setdefault(name, Changes()).add(changes)
        for pair, ids in other.samples.items():
            self._sample(pair, ids)
        self.n_reviews_added += other.n_reviews_added
        self.n_reviews_removed += other.n_reviews_removed

    def _count_change(self, row: Recorded, outcome: Rejudged, surface: Changes) -> None:
        before, after = row.action, outcome.action
        is_stricter = after.strictness > Action(before).strictness
        category = self.by_category.setdefault(_category(row, outcome.verdict, is_stricter=is_stricter), Changes())
        for changes in (category, surface):
            changes.n_stricter += is_stricter
            changes.n_milder += not is_stricter
        category.n_decisions += 1
        self._sample((before, after.value), [row.decision_id])

    def _sample(self, pair: Pair, ids: Iterable[str]) -> None:
        kept = self.samples.setdefault(pair, [])
        kept.extend(ids)
        kept.sort(key=lambda name: (name[-_RANDOM:], name))
        del kept[self.n_samples :]


def _category(row: Recorded, verdict: Verdict, *, is_stricter: bool) -> str:
    if is_stricter:
        return next((entry.rule.category.value for entry in verdict.fired[:1] if entry.rule.category), NO_CATEGORY)
    fired = orjson.loads(row.reasons) if row.reasons else ()
    return next((str(entry["category"]) for entry in fired[:1] if entry.get("category")), NO_CATEGORY)
