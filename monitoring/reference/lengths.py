"""Lengths: a longer window repeats more by itself. How much less a reference repeats in stretches of a few hours.

Whether a content was seen before is known of a row within its own window, so that a reference of a week says "repeated"
far more often than the last hour does. Windows are compared with the share that stretches of their length have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.drift.prepared import weights_of
from monitoring.drift.shares import cohens_h
from monitoring.reference.noise import LENGTHS_H, MIN_STRETCHES, stretches_of, usual
from monitoring.windows.window import Window

Float64s = NDArray[np.float64]
Ints = NDArray[np.intp]

NAME: Final = "repeated"
"""The column; `cached` depends on how long the server has run, not on the window."""
MIN_REPEATED: Final = 20
"""Rows that repeat, below which a reference says nothing about lengths: then it repeats next to nothing anyway."""
_SEED: Final = 4


@dataclass(frozen=True, slots=True)
class Lengths:
    """What the length of a window does.

    Attributes:
        ratios: by `column@hours`, the share in stretches of so many hours over that in the whole reference.
        noise: how much these stretches differ from each other beyond chance, by `column/question@hours`.

    """

    ratios: Mapping[str, float] = field(default_factory=dict)
    noise: Mapping[str, float] = field(default_factory=dict)


def measure_lengths(window: Window) -> Lengths:
    """Count repeats anew within stretches; nothing for a window without times or without digests.

    In a sample both shares are too small, as the first of two may be left out, but by about the same factor: their
    ratio is that of all of the traffic.
    """
    if not window.totals.by_hour or not {"decided_at_us", "content_digest"} <= set(window.frame.columns):
        return Lengths()
    contents = pd.factorize(window.frame["content_digest"])[0]
    weights = weights_of(window.frame)
    (whole,), n_repeated = _shares(contents, weights, [np.arange(window.n_rows)])
    if n_repeated < MIN_REPEATED:
        return Lengths()
    ratios: dict[str, float] = {}
    noise: dict[str, float] = {}
    for hours in LENGTHS_H:
        stretches = list(stretches_of(window, hours))
        if not stretches:
            continue
        shares, _ = _shares(contents, weights, stretches)
        sizes = np.array([len(rows) for rows in stretches])
        share = float(sizes @ shares / sizes.sum())
        ratios[f"{NAME}@{hours}"] = round(min(1.0, share / float(whole)), 6)
        if len(stretches) >= MIN_STRETCHES:
            noise[f"{NAME}/true@{hours}"] = round(_spread(shares, sizes, share), 6)
    return Lengths(ratios, noise)


def _shares(contents: Ints, weights: Float64s, stretches: Sequence[Ints]) -> tuple[Float64s, int]:
    """Share of each stretch that repeats something in it, and how many rows do in all of them."""
    shares, n_repeated = [], 0
    for rows in stretches:
        known = rows[contents[rows] >= 0]
        is_repeated = pd.Series(contents[known]).duplicated().to_numpy()
        n_repeated += int(is_repeated.sum())
        shares.append(float(weights[known] @ is_repeated / max(weights[known].sum(), 1e-12)))
    return np.array(shares), n_repeated


def _spread(shares: Float64s, sizes: NDArray[np.int64], share: float) -> float:
    """How far a window to come may be from the usual share, what chance adds taken off."""
    drawn = np.random.default_rng(_SEED).binomial(sizes, share) / sizes
    seen, chance = (float(np.mean(cohens_h(each, share) ** 2)) for each in (shares, drawn))
    return usual(seen, chance, len(shares))
