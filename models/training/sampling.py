"""Sampling: which rows an epoch shows. A function of seed and epoch alone, so that a resumed run sees the same."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.training.config import SamplingConfig

Rows = NDArray[np.int64]


def source_quotas(sizes: dict[str, int], config: SamplingConfig) -> dict[str, int]:
    """How many rows of each source an epoch shows.

    Shares follow `boost * size ** temperature`. No source is shown more than `max_repeats * max(1, boost)` times its
    size; what a capped source leaves is shared among the others.

    Source: Conneau & Lample (2019), "Cross-lingual language model pretraining", section 3.1, for the exponent.
    """
    weights = {name: config.boosts.get(name, 1.0) * size**config.temperature for name, size in sizes.items() if size}
    caps = {name: sizes[name] * config.max_repeats * max(1.0, config.boosts.get(name, 1.0)) for name in weights}
    quotas: dict[str, int] = {}
    budget = float(min(config.examples_an_epoch, sum(caps.values())))
    while weights:
        scale = budget / sum(weights.values())
        full = [name for name in weights if weights[name] * scale >= caps[name]]
        if not full:
            return quotas | {name: max(1, round(weight * scale)) for name, weight in weights.items()}
        for name in full:
            quotas[name] = max(1, round(caps[name]))
            budget -= caps[name]
            del weights[name]
    return quotas


class SourceSampler:
    """Draws an epoch's rows with the quota of each source, without replacement as far as a source lasts."""

    def __init__(self, rows_by_source: dict[str, Rows], quotas: dict[str, int], seed: int) -> None:
        self._rows_by_source = rows_by_source
        self._quotas = quotas
        self._seed = seed

    def epoch(self, epoch: int) -> Rows:
        """The rows of an epoch, shuffled. *Shape:* `(sum of quotas,)`.

        A source that is shown less than whole goes on in the next epoch where it stopped in this one: its rows lie in
        one endless sequence of shuffles, and an epoch takes the next stretch of it.
        """
        parts = [self._stretch(name, epoch) for name in sorted(self._quotas)]
        order = np.random.default_rng([self._seed, epoch, 1]).permutation(sum(map(len, parts)))
        return np.concatenate(parts)[order]

    def _stretch(self, name: str, epoch: int) -> Rows:
        rows, quota = self._rows_by_source[name], self._quotas[name]
        start, stop = epoch * quota, (epoch + 1) * quota
        passes = range(start // len(rows), (stop - 1) // len(rows) + 1)
        key = int.from_bytes(name.encode()[:8].ljust(8, b"\0"))
        shuffles = [np.random.default_rng([self._seed, key, i, 2]).permutation(rows) for i in passes]
        offset = passes[0] * len(rows)
        return np.concatenate(shuffles)[start - offset : stop - offset]


def rows_by_source(sources: Sequence[str], limit: int | None = None) -> dict[str, Rows]:
    """The row numbers of each source, in order; with a limit, the first rows of each, evenly shared."""
    names = np.asarray(sources)
    grouped = {str(name): np.flatnonzero(names == name) for name in np.unique(names)}
    if limit is None:
        return grouped
    quotas = even_shares({name: len(rows) for name, rows in grouped.items()}, limit)
    return {name: rows[: quotas[name]] for name, rows in grouped.items() if quotas[name]}


def even_shares(sizes: dict[str, int], total: int) -> dict[str, int]:
    """Share `total` evenly; what a small one cannot take goes to the larger ones. The sum is `min(total, all)`."""
    shares: dict[str, int] = {}
    left = total
    for position, name in enumerate(sorted(sizes, key=lambda name: (sizes[name], name))):
        shares[name] = min(sizes[name], left // (len(sizes) - position))
        left -= shares[name]
    return shares
