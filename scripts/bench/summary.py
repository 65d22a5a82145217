"""The statistics of a benchmark: percentiles of one measurement, medians and ratios over repeats."""

import math
import statistics
from collections.abc import Mapping, Sequence


def percentile(values: Sequence[float], q: float) -> float:
    """The smallest value that at least q percent of the values do not exceed (nearest rank).

    Nearest rank is a latency that some request really had; interpolation invents one between two of them.

    Args:
        values: at least one number, in any order.
        q: in (0, 100].

    Raises:
        ValueError: if there are no values or q is out of range.

    """
    if not values or not 0 < q <= 100:  # noqa: PLR2004
        raise ValueError("percentile needs values, and 0 < q <= 100")
    return sorted(values)[math.ceil(q / 100 * len(values)) - 1]


def median(values: Sequence[float]) -> float:
    """The median of at least one value."""
    return float(statistics.median(values))


def median_ratio(numerators: Mapping[int, float], denominators: Mapping[int, float]) -> float | None:
    """Median over rounds of numerator / denominator, both taken from the same round.

    Dividing within a round cancels whatever slowed the machine for the length of that round; a ratio of two medians
    would not. None where no round has both, or a denominator is not positive.
    """
    ratios = [
        numerators[key] / denominators[key]
        for key in numerators.keys() & denominators.keys()
        if denominators[key] > 0.0
    ]
    return median(ratios) if ratios else None
