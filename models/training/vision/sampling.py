"""Sampling: which pictures each step shows, so that a large narrow source does not drown a small varied one."""

import numpy as np
from numpy.typing import NDArray

from models.training.vision.config import VisionOptimiser, VisionSampling


def plan_rows(
    sources: NDArray[np.str_], sampling: VisionSampling, optimiser: VisionOptimiser, seed: int
) -> list[NDArray[np.int64]]:
    """The rows of every step of a run.

    A source is drawn in proportion to `boost * rows ** temperature`; inside a source every row comes once before any
    comes twice.

    Args:
        sources: *Shape:* `(n,)`.
        sampling: shares and the length of an epoch.
        optimiser: epochs and batch size.
        seed: fixes the order.

    """
    rng = np.random.default_rng([seed, 11])
    names, counts = np.unique(sources, return_counts=True)
    weights = np.array([sampling.boosts.get(str(name), 1.0) for name in names]) * counts**sampling.temperature
    n_steps = optimiser.epochs * max(1, sampling.pictures_an_epoch // optimiser.batch)
    drawn = rng.choice(len(names), size=n_steps * optimiser.batch, p=weights / weights.sum())
    rows = np.empty(len(drawn), dtype=np.int64)
    for position, name in enumerate(names):
        wanted = np.flatnonzero(drawn == position)
        own = np.flatnonzero(sources == name)
        rounds = [rng.permutation(own) for _ in range(-(-len(wanted) // len(own)))]
        rows[wanted] = np.concatenate(rounds)[: len(wanted)] if rounds else own[:0]
    return list(rows.reshape(n_steps, optimiser.batch))
