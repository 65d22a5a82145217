"""Splitting: every group of near-duplicates goes to one split, and a set's own test stays its test.

Order of claims on a group: official or latest test, calibration, validation, train. In a group that holds a test row,
rows of sets with splits of their own are dropped, and rows of sets without follow it into the test.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.data.examples import Example, Split
from models.data.rows import Part


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of groups that sets without splits of their own give to each split; the rest trains.

    The latest `latest_test` of a set in time is its test, the `latest_held_out` before it calibration, and as much
    before that validation. `trainable_held_out` applies to sets that have a test and nothing else.
    """

    validation: float = 0.06
    calibration: float = 0.06
    test: float = 0.08
    latest_test: float = 0.15
    latest_held_out: float = 0.075
    trainable_held_out: float = 0.06


_HALF: Final = 0.5
_CLAIMS: Final = (Split.TEST, Split.CALIBRATION, Split.VALIDATION, Split.TRAIN)


def draw(seed: int, name: str) -> float:
    """A number in [0, 1) that depends on nothing but the seed and the name."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def by_time(examples: Sequence[Example], indices: Sequence[int], shares: Shares, *, has_test: bool) -> dict[int, Split]:
    """Splits of one set in time. Rows without a time train: nothing says that they are late.

    With `has_test` the set's official test stays the only one, and only the held-out splits are taken by time.
    """
    dated = sorted(
        (i for i in indices if examples[i].order), key=lambda i: (examples[i].order or "", examples[i].digest)
    )
    n = len(dated)
    n_test = 0 if has_test else round(n * shares.latest_test)
    n_held = round(n * shares.latest_held_out)
    splits = dict.fromkeys(indices, Split.TRAIN)
    for rank, index in enumerate(reversed(dated)):
        if rank < n_test:
            splits[index] = Split.TEST
        elif rank < n_test + n_held:
            splits[index] = Split.CALIBRATION
        elif rank < n_test + 2 * n_held:
            splits[index] = Split.VALIDATION
    return splits


def claims(examples: Sequence[Example], chronological: frozenset[str], shares: Shares, seed: int) -> list[Split | None]:
    """The split that each row's own set asks for; None where the set leaves it to us."""
    wanted: list[Split | None] = [_official(example, shares, seed) for example in examples]
    in_time: dict[str, list[int]] = defaultdict(list)
    tested: set[str] = set()
    for index, example in enumerate(examples):
        if example.source in chronological:
            if example.part is Part.TEST:
                tested.add(example.source)
            else:
                in_time[example.source].append(index)
    for source, indices in in_time.items():
        for index, split in by_time(examples, indices, shares, has_test=source in tested).items():
            wanted[index] = split
    return wanted


def _official(example: Example, shares: Shares, seed: int) -> Split | None:
    if example.part is Part.TEST:
        return Split.TEST
    if example.part is Part.TRAIN:
        return Split.TRAIN
    place = draw(seed, example.digest)
    if example.part is Part.DEV:
        return Split.VALIDATION if place < _HALF else Split.CALIBRATION
    if example.part is Part.TRAINABLE:
        held = shares.trainable_held_out
        return Split.VALIDATION if place < held else Split.CALIBRATION if place < 2 * held else Split.TRAIN
    return None


def assign(
    examples: Sequence[Example],
    groups: Sequence[int],
    wanted: Sequence[Split | None],
    shares: Shares | None = None,
    seed: int = 0,
) -> list[Split | None]:
    """The split of each row; None for a row that must be dropped."""
    members: dict[int, list[int]] = defaultdict(list)
    for index, root in enumerate(groups):
        members[root].append(index)
    splits: list[Split | None] = [None] * len(examples)
    for indices in members.values():
        split = _settle(
            [wanted[i] for i in indices], min(examples[i].digest for i in indices), shares or Shares(), seed
        )
        for index in indices:
            leaks = split is Split.TEST and wanted[index] not in {Split.TEST, None}
            splits[index] = None if leaks else split
    return splits


def _settle(wanted: Sequence[Split | None], name: str, shares: Shares, seed: int) -> Split:
    asked = set(wanted) - {None}
    for split in _CLAIMS:
        if split in asked:
            return split
    return _drawn(draw(seed, name), shares)


def _drawn(place: float, shares: Shares) -> Split:
    edges: Mapping[Split, float] = {
        Split.TEST: shares.test,
        Split.CALIBRATION: shares.calibration,
        Split.VALIDATION: shares.validation,
    }
    for split, share in edges.items():
        if place < share:
            return split
        place -= share
    return Split.TRAIN
