"""Counting: the numbers of the dataset card."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.data.collecting import Dropped
from models.data.examples import Split
from models.data.labels import LABELS, NO, YES, Label
from models.data.registry import Source
from models.data.store import Placed


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a dataset.

    Attributes:
        n_rows: rows read, by set.
        by_split: texts, by split and set.
        positives, negatives: texts with a known label, by split, set and label.
        dropped: rows left out, by set and reason.
        conflicts: texts on whose label sets disagreed, by label.
        moved: texts that left the split their own set asked for, by set.
        times: earliest and latest timestamp, by split and set.
        spanned: texts whose spans are known, by split and set.
        answering: texts with a previous turn, by split and set.

    """

    n_rows: Counter[str]
    by_split: dict[Split, Counter[str]]
    positives: dict[Split, dict[str, Counter[Label]]]
    negatives: dict[Split, dict[str, Counter[Label]]]
    dropped: dict[str, Counter[Dropped]]
    conflicts: Counter[Label]
    moved: Counter[str]
    times: dict[tuple[Split, str], tuple[str, str]]
    spanned: dict[Split, Counter[str]]
    answering: dict[Split, Counter[str]]


def tally(
    placed: Sequence[Placed],
    sources: Sequence[Source],
    n_rows: Counter[str],
    dropped: Mapping[str, Counter[Dropped]],
    conflicts: Counter[Label],
    moved: Counter[str],
) -> Tally:
    """Count a finished dataset."""
    by_split: dict[Split, Counter[str]] = {split: Counter() for split in Split}
    positives: dict[Split, dict[str, Counter[Label]]] = {s: {x.id: Counter() for x in sources} for s in Split}
    negatives: dict[Split, dict[str, Counter[Label]]] = {s: {x.id: Counter() for x in sources} for s in Split}
    times: dict[tuple[Split, str], tuple[str, str]] = {}
    spanned: dict[Split, Counter[str]] = {split: Counter() for split in Split}
    answering: dict[Split, Counter[str]] = {split: Counter() for split in Split}
    for item in placed:
        source, split = item.example.source, item.split
        by_split[split][source] += 1
        spanned[split][source] += item.example.spans is not None
        answering[split][source] += item.example.previous is not None
        for label, value in zip(LABELS, item.example.labels, strict=True):
            positives[split][source][label] += value == YES
            negatives[split][source][label] += value == NO
        if (when := item.example.timestamp) is not None:
            first, last = times.get((split, source), (when, when))
            times[split, source] = (min(first, when), max(last, when))
    return Tally(n_rows, by_split, positives, negatives, dict(dropped), conflicts, moved, times, spanned, answering)
