"""Splitting: every group goes to one split by a seeded hash of its name; huge groups train.

A group that holds more than a twentieth of its set (a drive of dash-cam frames) would swing the held-out splits, and
counts as one picture there: it trains.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from models.data.examples import Split
from models.data.splitting import draw


@dataclass(frozen=True, slots=True)
class PictureShares:
    """Shares of groups for the held-out splits; the rest trains."""

    validation: float = 0.08
    calibration: float = 0.10
    test: float = 0.12

    def split_at(self, place: float) -> Split:
        """The split of a group that was drawn at `place`, in [0, 1)."""
        edges = {Split.TEST: self.test, Split.CALIBRATION: self.calibration, Split.VALIDATION: self.validation}
        for split, share in edges.items():
            if place < share:
                return split
            place -= share
        return Split.TRAIN


MAX_HELD_OUT_SHARE: Final = 0.05
MIN_HUGE_GROUP: Final = 10
"""A smaller group is never huge, whatever its share of a tiny set."""


def assign(
    sources: Sequence[str], groups: Sequence[int], names: Sequence[str], shares: PictureShares, seed: int
) -> list[Split]:
    """The split of each picture.

    Args:
        sources: set of each picture.
        groups: index of the picture that stands for its group.
        names: names of the pictures, stable between builds: the smallest of a group decides.
        shares: see `PictureShares`.
        seed: of the hash.

    """
    members: dict[int, list[int]] = defaultdict(list)
    for index, root in enumerate(groups):
        members[root].append(index)
    sizes = Counter(sources)
    splits = [Split.TRAIN] * len(groups)
    for indices in members.values():
        if not _huge(Counter(sources[index] for index in indices), sizes):
            split = shares.split_at(draw(seed, min(names[index] for index in indices)))
            for index in indices:
                splits[index] = split
    return splits


def _huge(found: Counter[str], sizes: Counter[str]) -> bool:
    return any(n >= MIN_HUGE_GROUP and n > MAX_HELD_OUT_SHARE * sizes[source] for source, n in found.items())
