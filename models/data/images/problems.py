"""Problems: broken files, copies, and near duplicates that their sets label differently."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.data.images.grouping import Pair
from models.data.images.inspection import Broken, Inspected
from models.data.images.labels import PICTURE_LABELS, PictureLabel
from models.data.images.pictures import Picture
from models.data.labels import NO, UNKNOWN, YES

MAX_CONFLICT_DISTANCE = 15
"""Bits up to which two pictures are taken for one, and a differing label for a mistake. Farther apart, but still near,
they may be frames of one scene with and without the thing: those only share a group."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two pictures that look the same, by index and id, and the labels on which they disagree."""

    left: int
    right: int
    left_id: str
    right_id: str
    distance: int
    labels: tuple[PictureLabel, ...]


@dataclass(frozen=True, slots=True)
class Problems:
    """What is wrong with the files of a mirror.

    Attributes:
        broken: files that were left out.
        n_exact: pairs of files with equal bytes.
        n_near: pairs of near duplicates by the sources of the two, most first.
        conflicts: near duplicates with contradicting labels; the labels in question are masked in both.

    """

    broken: list[Broken]
    n_exact: int
    n_near: Counter[str]
    conflicts: list[Conflict]


def find_problems(
    pictures: Sequence[Picture], inspected: Sequence[Inspected], pairs: Sequence[Pair], broken: list[Broken]
) -> Problems:
    """Look through the pairs of near duplicates."""
    n_exact = sum(inspected[pair.left].digest == inspected[pair.right].digest for pair in pairs)
    between = Counter(" + ".join(sorted((pictures[pair.left].source, pictures[pair.right].source))) for pair in pairs)
    conflicts = [
        Conflict(pair.left, pair.right, pictures[pair.left].id, pictures[pair.right].id, pair.distance, differing)
        for pair in pairs
        if pair.distance <= MAX_CONFLICT_DISTANCE
        and (differing := _differing(pictures[pair.left].labels, pictures[pair.right].labels))
    ]
    return Problems(broken, n_exact, between, conflicts)


def _differing(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[PictureLabel, ...]:
    return tuple(
        label for label, one, other in zip(PICTURE_LABELS, left, right, strict=True) if {one, other} == {YES, NO}
    )


def mask_conflicts(pictures: Sequence[Picture], conflicts: Sequence[Conflict]) -> list[Picture]:
    """Make unknown what near-identical pictures contradict each other on."""
    doubtful: dict[int, set[PictureLabel]] = {}
    for conflict in conflicts:
        for index in (conflict.left, conflict.right):
            doubtful.setdefault(index, set()).update(conflict.labels)
    return [
        replace(picture, labels=_masked(picture.labels, doubtful[index])) if index in doubtful else picture
        for index, picture in enumerate(pictures)
    ]


def _masked(labels: tuple[int, ...], doubtful: set[PictureLabel]) -> tuple[int, ...]:
    return tuple(UNKNOWN if label in doubtful else value for label, value in zip(PICTURE_LABELS, labels, strict=True))
