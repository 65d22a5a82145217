"""Before and after: ratios of medians over rounds, and how far chance could have moved them."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scripts.bench.results import Measurement
from scripts.bench.summary import median, percentile

BEFORE: Final = "before"
AFTER: Final = "after"
LARGEST_LOSS: Final = 0.03
"""What the plain text path may lose."""
_N_RESAMPLES: Final = 4_000

Value = Callable[[Measurement], float]


@dataclass(frozen=True)
class Paired:
    """One quantity under one load, before and after.

    Attributes:
        before: median over rounds.
        after: median over rounds.
        ratio: of the medians, after to before.
        low, high: 95 % interval of the ratio.
        lowest, highest: ratios within single rounds.

    """

    scenario: str
    quantity: str
    n_rounds: int
    before: float
    after: float
    ratio: float
    low: float
    high: float
    lowest: float
    highest: float


QUANTITIES: Final[Mapping[str, Value]] = {
    "texts/s": lambda one: one.texts_per_s,
    "p50 ms": lambda one: one.p50_ms,
    "p99 ms": lambda one: one.p99_ms,
    "CPU ms/text": lambda one: one.cpu_ms_per_text,
}


def compare(measurements: Sequence[Measurement], scenario: str, quantity: str) -> Paired:
    """Compare one quantity under one load, over the rounds that have both.

    Raises:
        ValueError: no round has both.

    """
    value = QUANTITIES[quantity]
    before, after = (_by_round(measurements, name, scenario, value) for name in (BEFORE, AFTER))
    pairs = [(before[number], after[number]) for number in sorted(before.keys() & after.keys())]
    if not pairs:
        raise ValueError(f"{scenario} was not measured both before and after")
    low, high = ratio_interval(pairs)
    within = [_divided(new, old) for old, new in pairs]
    return Paired(
        scenario=scenario,
        quantity=quantity,
        n_rounds=len(pairs),
        before=median([old for old, _ in pairs]),
        after=median([new for _, new in pairs]),
        ratio=ratio_of_medians(pairs),
        low=low,
        high=high,
        lowest=min(within),
        highest=max(within),
    )


def ratio_of_medians(pairs: Sequence[tuple[float, float]]) -> float:
    """Median of the second over median of the first."""
    return _divided(median([new for _, new in pairs]), median([old for old, _ in pairs]))


def ratio_interval(pairs: Sequence[tuple[float, float]], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the ratio of medians, rounds drawn again with both of their values.

    Source: Efron (1979), "Bootstrap methods: another look at the jackknife"; the percentile method.
    """
    draw = random.Random(seed)
    ratios = [ratio_of_medians(draw.choices(pairs, k=len(pairs))) for _ in range(_N_RESAMPLES)]
    return percentile(ratios, 2.5), percentile(ratios, 97.5)


def _by_round(measurements: Iterable[Measurement], system: str, scenario: str, value: Value) -> dict[int, float]:
    return {one.round: value(one) for one in measurements if (one.system, one.scenario) == (system, scenario)}


def _divided(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else 0.0
