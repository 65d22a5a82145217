"""Chance: how often something happens, said with the generator that decides it."""

import numpy as np
from numpy.typing import NDArray


def happens(rng: np.random.Generator, share: float) -> bool:
    """Once, with probability `share`."""
    return bool(rng.random() < share)


def happen(rng: np.random.Generator, share: float, n: int) -> NDArray[np.bool_]:
    """For each of `n`, with probability `share`. *Shape:* `(n,)`."""
    hits: NDArray[np.bool_] = rng.random(n) < share
    return hits
