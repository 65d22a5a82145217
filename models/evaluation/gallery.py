"""Gallery: the most confident mistakes of each category, by digest.

Reading them is the quickest way to tell a wrong model from a wrong label. The texts stay in the dataset: whoever may
read it finds them there by digest, and a report can be passed on without passing on what people wrote.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.contracts import CATEGORIES, Category
from models.evaluation.arrays import Ints, Labels, scored_rows
from models.evaluation.results import GalleryEntry, Mistake

N_WORST = 5


def worst_mistakes(
    probs: NDArray[np.floating],
    labels: Labels,
    digests: Sequence[str],
    sources: Sequence[str],
    thresholds: dict[Category, float],
) -> tuple[GalleryEntry, ...]:
    """Up to `N_WORST` false positives (highest first) and false negatives (lowest first) a category.

    Args:
        probs: *Shape:* `(n, 16)`, calibrated.
        labels: *Shape:* `(n, 16)`.
        digests: *Shape:* `(n,)`; also breaks ties, so that the gallery does not depend on the order of rows.
        sources: *Shape:* `(n,)`.
        thresholds: the balanced point of each category; one without it is left out.

    """
    found = []
    for category in (c for c in CATEGORIES if c in thresholds):
        column = CATEGORIES.index(category)
        for mistake in Mistake:
            rows = _worst(mistake, probs[:, column], labels[:, column], digests, thresholds[category])
            found += [
                GalleryEntry(
                    category=category,
                    mistake=mistake,
                    digest=digests[row],
                    prob=float(probs[row, column]),
                    source=sources[row],
                )
                for row in rows
            ]
    return tuple(found)


def _worst(
    mistake: Mistake, probs: NDArray[np.floating], labels: Labels, digests: Sequence[str], threshold: float
) -> list[int]:
    usable = scored_rows(labels, probs)
    sign = -1.0 if mistake is Mistake.FALSE_POSITIVE else 1.0
    wrong = (labels == 0) & (probs >= threshold) if sign < 0 else (labels == 1) & (probs < threshold)
    rows: Ints = np.flatnonzero(usable & wrong)
    return sorted(rows.tolist(), key=lambda row: (sign * float(probs[row]), digests[row]))[:N_WORST]
