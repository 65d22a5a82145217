"""Diversity: of many strong candidates, those that are not all the same.

A wave of one message would fill a list of the newest items with itself, and a person learns little from its
hundredth copy. So items are taken one by one, each as far as possible from those taken before: greedy k-centre, with
the distance weighed by how strong the candidate is.

Source: Gonzalez (1985), "Clustering to minimize the maximum intercluster distance"; Sener & Savarese (2018), "Active
learning for convolutional neural networks: a core-set approach".
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]
Int64s = NDArray[np.int64]

POOL: Final = 10
"""Candidates looked at for each item that is taken."""
_FAR: Final = 2.0
"""More than the distance of any two projected embeddings, which have a length of about 1 at most."""


def pick_diverse(scores: Float64s, vectors: Float32s, n: int) -> Int64s:
    """Positions of strong candidates that differ from each other, the strongest first.

    Args:
        scores: how strong each candidate is, above 0; NaN is none. *Shape:* `(n,)`.
        vectors: projected embeddings; candidates without one (NaN) count as far from all. *Shape:* `(n, d)`.
        n: how many to take.

    """
    strong = np.flatnonzero(np.nan_to_num(scores, nan=0.0) > 0.0)
    pool = strong[np.argsort(-scores[strong], kind="stable")][: n * POOL]
    distances, left = np.full(len(pool), _FAR), np.ones(len(pool), bool)
    chosen: list[int] = []
    while len(chosen) < min(n, len(pool)):
        at = int(np.argmax(np.where(left, scores[pool] * distances, -1.0)))
        chosen.append(at)
        left[at] = False
        apart = np.linalg.norm(vectors[pool] - vectors[pool[at]], axis=1)
        distances = np.minimum(distances, np.nan_to_num(apart, nan=_FAR))
    return pool[chosen]
