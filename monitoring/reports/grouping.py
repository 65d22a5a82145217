"""Grouping: the same change seen over several horizons and in several parts, told once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitoring.drift.verdicts import Change, Slice

EVERYTHING = Slice()


@dataclass(frozen=True, slots=True)
class Group:
    """One thing that changed.

    Attributes:
        change: the test that shows it best: over all traffic if it is there, else in the first part.
        horizons_h: hours of all windows that it was seen in.
        parts: of the traffic that it was seen in by themselves, without the one that `change` is of.
        since: the earliest that was told.

    """

    change: Change
    horizons_h: tuple[float, ...]
    parts: tuple[Slice, ...]
    since: datetime | None


def group_changes(real: Iterable[Change]) -> list[Group]:
    """What changed, each thing once, in the order of the tests: those over all traffic before those of parts."""
    found: dict[tuple[str, str], list[Change]] = {}
    for change in real:
        found.setdefault((change.subject.value, change.name), []).append(change)
    return [_group(changes) for changes in found.values()]


def _group(changes: list[Change]) -> Group:
    first = next((change for change in changes if change.slice == EVERYTHING), changes[0])
    parts = dict.fromkeys(change.slice for change in changes if change.slice not in {EVERYTHING, first.slice})
    same = [change for change in changes if change.slice == first.slice]
    return Group(
        change=first,
        horizons_h=tuple(sorted({change.horizon_h for change in same if change.horizon_h is not None})),
        parts=tuple(parts),
        since=min((change.since for change in same if change.since is not None), default=None),
    )
