"""Hit: what every index answers."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """A known item within the distance asked for.

    Attributes:
        key: the number that the item was added under.
        distance: differing bits, `1 - estimated Jaccard similarity` or `1 - cosine`, by index.

    """

    key: int
    distance: float


def nearest_first(keys: Iterable[int], distances: Iterable[float]) -> list[Hit]:
    """One hit a key, at its smallest distance; the nearest first, and the smaller key where two are as near."""
    nearest: dict[int, float] = {}
    for key, distance in zip(keys, distances, strict=True):
        nearest[key] = min(distance, nearest.get(key, distance))
    return [Hit(key, distance) for distance, key in sorted((distance, key) for key, distance in nearest.items())]
