"""Reliability: whether scores of 0.7 are right seven times in ten.

The headline is the expected calibration error over bins of equal mass. Most categories are rare, so nearly all
scores fall into the lowest of equally wide bins: that one bin would decide the number, and the few rows in the others
would add noise. Bins of equal mass weigh and resolve the rows alike. The equal-width number is reported beside it
because most published ones use it.
Source: Naeini et al. (2015) for the error; Nguyen & O'Connor (2015) and Nixon et al. (2019) for bins of equal mass.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.arrays import Floats, Ints

N_BINS = 15
"""As in Guo et al. (2017), so that numbers can stand beside published ones."""


@dataclass(frozen=True)
class ReliabilityCurve:
    """Mean score, observed share of positives and number of rows, one entry a bin that holds rows. *Shape:* `(k,)`."""

    mean_prob: Floats
    observed: Floats
    n_rows: Ints

    @property
    def expected_error(self) -> float:
        """The distance between score and observation, averaged over rows."""
        return float(np.average(np.abs(self.mean_prob - self.observed), weights=self.n_rows))


def equal_mass_bins(probs: NDArray[np.floating], n_bins: int = N_BINS) -> Ints:
    """The bin of each row, bins holding nearly the same number of rows. Equal scores share a bin. *Shape:* `(n,)`."""
    _, inverse, counts = np.unique(probs, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2.0
    bins: Ints = np.minimum((middle / len(probs) * n_bins).astype(np.int64), n_bins - 1)[inverse]
    return bins


def equal_width_bins(probs: NDArray[np.floating], n_bins: int = N_BINS) -> Ints:
    """The bin of each row, bins cutting [0, 1] into equal parts. *Shape:* `(n,)`."""
    return np.minimum((probs * n_bins).astype(np.int64), n_bins - 1)


def reliability_curve(
    probs: NDArray[np.floating], labels: NDArray[np.integer], bins: NDArray[np.integer]
) -> ReliabilityCurve:
    """What was promised and what was observed in each bin.

    Args:
        probs: *Shape:* `(n,)`, in [0, 1], at least one row.
        labels: *Shape:* `(n,)`, 0 or 1.
        bins: *Shape:* `(n,)`, from `equal_mass_bins` or `equal_width_bins`.

    """
    n_rows = np.bincount(bins)
    filled = n_rows > 0
    promised = np.bincount(bins, weights=probs)[filled] / n_rows[filled]
    observed = np.bincount(bins, weights=labels)[filled] / n_rows[filled]
    return ReliabilityCurve(promised, observed, n_rows[filled])


def expected_calibration_error(probs: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """The headline: expected calibration error over bins of equal mass, in [0, 1]."""
    return reliability_curve(probs, labels, equal_mass_bins(probs)).expected_error


def equal_width_calibration_error(probs: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Expected calibration error over bins of equal width, in [0, 1]."""
    return reliability_curve(probs, labels, equal_width_bins(probs)).expected_error


def brier_score(probs: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Mean squared distance between score and label, in [0, 1]. Source: Brier (1950)."""
    return float(np.mean((np.asarray(probs, dtype=np.float64) - labels) ** 2))
