"""Sampling: a bounded sample of a stream that keeps what is rare, with the weight that makes up for it.

Every decision has a number in [0, 1) that follows from its id and a seed. The sample is the decisions with the smallest
numbers, of all and of each stratum: a bottom-k sample for several objectives at once. Strata overlap: the harms that an
item was flagged for, and what was done with it. A row's weight is the inverse of the chance that it was kept, so sums
of weights estimate counts without bias, and a common item counts for many where a rare one counts for itself.

The rule is one over the whole stream. It gives the same sample whatever the chunks are and wherever the rows come from,
and what it once drops it never wants back, so memory stays at little more than the sample itself.

Source: Cohen & Kaplan (2007), "Summarizing data using bottom-k sketches"; Cohen (2015), "Multi-Objective Weighted
Sampling"; Horvitz & Thompson (1952) for the weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Float64s = NDArray[np.float64]
Bools = NDArray[np.bool_]
Item = TypeVar("Item")

_SLACK: Final = 1.25
"""How much more than the sample is held before it is cut: sorting after every chunk would cost more than reading."""


def sampling_keys(ids: Sequence[object], seed: int) -> Float64s:
    """The number of each decision, uniform in [0, 1): SipHash of its id under the seed."""
    hashed = pd.util.hash_array(np.array(ids, dtype=object), hash_key=f"{seed % 10**16:016d}", categorize=False)
    numbers: Float64s = (hashed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return numbers


@dataclass(frozen=True)
class Kept(Generic[Item]):
    """A finished sample.

    Attributes:
        items: in the order in which they were offered.
        weights: how many each stands for; they sum to the number that was offered.

    """

    items: list[Item]
    weights: Float64s


class Sample(Generic[Item]):
    """Takes a stream in chunks, keeps at most `max_rows` of it."""

    def __init__(self, max_rows: int, n_strata: int) -> None:
        self._max_rows = max_rows
        self._quota = max_rows // (2 * n_strata)
        self._n_offered = 0
        self._limits = np.full(n_strata, np.inf)
        self._common = np.inf
        self._keys: Float64s = np.empty(0)
        self._strata: Bools = np.empty((0, n_strata), dtype=np.bool_)
        self._items: list[Item] = []

    def offer(self, keys: Float64s, strata: Bools, item: Callable[[int], Item]) -> None:
        """Look at more of the stream.

        Args:
            keys: from `sampling_keys`. *Shape:* `(n,)`.
            strata: to which each belongs. *Shape:* `(n, n_strata)`.
            item: gives what is to be kept of one of them, by its place; asked for the few that are.

        """
        self._n_offered += len(keys)
        wanted = np.flatnonzero(self._wanted(keys, strata))
        self._keys = np.concatenate([self._keys, keys[wanted]])
        self._strata = np.concatenate([self._strata, strata[wanted]])
        self._items.extend(item(place) for place in wanted.tolist())
        if len(self._keys) > _SLACK * self._max_rows:
            self._cut()

    def finish(self) -> Kept[Item]:
        """The sample and its weights."""
        if self._n_offered <= self._max_rows:
            return Kept(self._items, np.ones(len(self._items)))
        self._cut()
        limits = np.where(self._strata, self._limits, 0.0).max(axis=1, initial=0.0)
        chances = np.minimum(np.maximum(limits, self._common), 1.0)
        return Kept(self._items, _sum_to(1.0 / np.maximum(chances, 1e-12), self._n_offered))

    def _wanted(self, keys: Float64s, strata: Bools) -> Bools:
        of_strata = (strata & (keys[:, None] < self._limits)).any(axis=1)
        wanted: Bools = of_strata | (keys < self._common)
        return wanted

    def _cut(self) -> None:
        """Lower the limits to what is held now. They never rise, so nothing that was dropped is missed."""
        n_reserved = 0
        for stratum in range(len(self._limits)):
            members = self._keys[self._strata[:, stratum]]
            n_reserved += min(len(members), self._quota)
            self._limits[stratum] = min(self._limits[stratum], _next_smallest(members, self._quota))
        is_reserved = (self._strata & (self._keys[:, None] < self._limits)).any(axis=1)
        rest = _next_smallest(self._keys[~is_reserved], self._max_rows - n_reserved)
        self._common = min(self._common, rest)
        kept = np.flatnonzero(is_reserved | (self._keys < self._common))
        self._keys, self._strata = self._keys[kept], self._strata[kept]
        self._items = [self._items[place] for place in kept.tolist()]


def _next_smallest(keys: Float64s, n: int) -> float:
    """The smallest key after the `n` smallest; infinite where there is none."""
    return float(np.partition(keys, n)[n]) if len(keys) > n else float("inf")


def _sum_to(weights: Float64s, total: int) -> Float64s:
    """Weights that sum to the total; those of 1, which stand for themselves alone, stay."""
    excess = weights - 1.0
    if excess.sum() <= 0:
        return weights
    scaled: Float64s = 1.0 + excess * ((total - len(weights)) / excess.sum())
    return scaled
