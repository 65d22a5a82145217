"""Hit: what every index answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A known item within the distance asked for. Sorting puts the nearest first.

    Attributes:
        distance: differing bits, `1 - estimated Jaccard similarity` or `1 - cosine`, by index.
        key: whatever number the item was added under.

    """

    distance: float
    key: int
