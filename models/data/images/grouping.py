"""Grouping: pictures that show the same thing get one group, so that a split never separates them.

Near duplicates are pairs whose PDQ fingerprints differ in at most 31 of 256 bits, in any of the eight orientations:
sets turn and mirror their pictures to look larger. All pairs are compared, as products of +1/-1 matrices: the product
of two fingerprints is 256 minus twice their distance.

Source: Facebook (2019), "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", for the distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.data.duplicates import Forest, Progress, quiet
from models.data.images.inspection import N_ORIENTATIONS, Inspected

MAX_DISTANCE: Final = 31
_N_BITS: Final = 256
_BLOCK: Final = 1024


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures by index, `left` < `right`, and the bits in which they differ in their best orientation."""

    left: int
    right: int
    distance: int


def near_pairs(inspected: Sequence[Inspected], progress: Progress = quiet) -> list[Pair]:
    """Pairs of near duplicates, sorted; pictures too flat for a fingerprint pair only with equal files (distance 0)."""
    usable = [index for index, one in enumerate(inspected) if one.matchable]
    pairs = [
        Pair(usable[left], usable[right], distance)
        for left, right, distance in _within(_signs([inspected[index] for index in usable]), progress)
    ]
    known = {(pair.left, pair.right) for pair in pairs}
    pairs += [Pair(left, right, 0) for left, right in _equal_files(inspected) if (left, right) not in known]
    return sorted(pairs, key=lambda pair: (pair.left, pair.right))


def group(n: int, pairs: Sequence[Pair], kin: Sequence[str | None]) -> list[int]:
    """The group of each picture: the smallest index of its connected near duplicates and kin."""
    forest = Forest(n)
    for pair in pairs:
        forest.join(pair.left, pair.right)
    relatives: dict[str, int] = {}
    for index, name in enumerate(kin):
        if name is not None:
            forest.join(relatives.setdefault(name, index), index)
    return [forest.root(index) for index in range(n)]


def _signs(inspected: Sequence[Inspected]) -> NDArray[np.float32]:
    """Fingerprints as +1 and -1, float32 (orientations, n, 256)."""
    if not inspected:
        return np.empty((N_ORIENTATIONS, 0, _N_BITS), np.float32)
    bits = np.unpackbits(np.stack([one.hashes for one in inspected], axis=1), axis=-1)
    return bits.astype(np.float32) * 2 - 1


def _within(signs: NDArray[np.float32], progress: Progress) -> list[tuple[int, int, int]]:
    """Left, right, distance. Only the upper triangle is needed: turning one way is turning the other one back."""
    upright, n = signs[0], signs.shape[1]
    found: list[tuple[int, int, int]] = []
    for start in range(0, n, _BLOCK):
        progress("comparing pictures", start, n)
        right = upright[start:].T
        nearest = np.full((min(_BLOCK, n - start), n - start), -np.inf, dtype=np.float32)
        for turned in signs[:, start : start + _BLOCK]:
            np.maximum(nearest, turned @ right, out=nearest)
        rows, columns = np.nonzero(nearest >= _N_BITS - 2 * MAX_DISTANCE)
        later = columns > rows
        rows, columns = rows[later], columns[later]
        distances = ((_N_BITS - nearest[rows, columns]) / 2).astype(np.int64)
        found += zip((rows + start).tolist(), (columns + start).tolist(), distances.tolist(), strict=True)
    return found


def _equal_files(inspected: Sequence[Inspected]) -> list[tuple[int, int]]:
    first: dict[str, int] = {}
    pairs = []
    for index, one in enumerate(inspected):
        known = first.setdefault(one.digest, index)
        if known != index:
            pairs.append((known, index))
    return pairs
