"""Merging: one example a text. Known beats unknown; between known values the majority, and a tie is unknown."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from models.data.examples import Example
from models.data.labels import LABELS, NO, UNKNOWN, YES, Label, encode
from models.data.rows import Part


@dataclass(frozen=True, slots=True)
class Merged:
    """Distinct texts, sorted by digest, and what the merge had to settle.

    Attributes:
        examples: one a text.
        n_duplicates: rows merged away, by their set.
        conflicts: texts whose known values disagreed, by label.

    """

    examples: list[Example]
    n_duplicates: Counter[str]
    conflicts: Counter[Label]


def merge(examples: Iterable[Example], ranks: dict[str, int]) -> Merged:
    """Merge rows of equal clean text.

    Where one of them is an official test row, its set keeps the text and its labels decide: other sets may only fill in
    what it does not say, and nothing where what follows from that contradicts it. Otherwise the first set by `ranks`
    keeps it. The weight is the largest. Spans are those of the first row that has any, as they lie on the same text;
    the previous turn is that of the row that is kept.
    """
    ordered = sorted(
        examples, key=lambda example: (example.digest, example.part is not Part.TEST, ranks[example.source])
    )
    kept: list[Example] = []
    n_duplicates: Counter[str] = Counter()
    conflicts: Counter[Label] = Counter()
    for _, rows in groupby(ordered, key=attrgetter("digest")):
        same = list(rows)
        n_duplicates.update(example.source for example in same[1:])
        kept.append(same[0] if len(same) == 1 else _merge_same(same, conflicts))
    return Merged(kept, n_duplicates, conflicts)


def _merge_same(same: Sequence[Example], conflicts: Counter[Label]) -> Example:
    first = same[0]
    decisive = [example for example in same if example.part is Part.TEST and example.source == first.source]
    decided: dict[Label, int] = {}
    filled: dict[Label, int] = {}
    for column, label in enumerate(LABELS):
        known = [example.labels[column] for example in same if example.labels[column] != UNKNOWN]
        conflicts[label] += len(set(known)) > 1
        own = [example.labels[column] for example in decisive if example.labels[column] != UNKNOWN]
        decided[label] = majority(own)
        filled[label] = majority(own or known)
    labels = _climbed(filled)
    if any(own not in {UNKNOWN, found} for own, found in zip(decided.values(), labels, strict=True)):
        labels = _climbed(decided)
    return replace(
        first,
        labels=labels,
        weight=max(example.weight for example in same),
        spans=next((example.spans for example in same if example.spans is not None), None),
    )


def _climbed(marks: dict[Label, int]) -> tuple[int, ...]:
    """The labels with what a yes implies. A no has descended in each row; where it did not, a reading disputes it."""
    return tuple(said if found == NO else found for said, found in zip(marks.values(), encode(marks), strict=True))


def majority(values: Sequence[int]) -> int:
    """The more frequent of yes and no; unknown for a tie and for nothing."""
    balance = sum(1 if value == YES else -1 for value in values)
    return YES if balance > 0 else NO if balance < 0 else UNKNOWN
