"""Volume: whether far fewer or far more decisions come in than at these hours before."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import nbinom

from monitoring.drift import effects
from monitoring.drift.effects import Effects
from monitoring.drift.part import Part
from monitoring.windows.window import DAY_US, HOUR_US, Period, Window

MIN_HOURS: Final = 3
"""Hours that a reference must cover before it says anything about volume."""
LEAST_VARIATION: Final = 0.15
"""Of the number of decisions beyond chance, as a share of it, however steady the reference was."""
UNKNOWN_VARIATION: Final = 0.35
"""The same where the reference is too short to tell."""
_ENOUGH_BLOCKS: Final = 5


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How many decisions come in an hour of the day.

    Attributes:
        by_hour: mean, by the hour of the day (UTC); the overall mean for hours that the reference does not have.
        hours: decisions by the start of each hour of the reference.

    """

    by_hour: tuple[float, ...]
    hours: Mapping[int, int]

    def expected(self, period: Period) -> float:
        """Decisions in a period, at the pace of the reference."""
        first = period.start_us // HOUR_US * HOUR_US
        return sum(
            self.by_hour[start % DAY_US // HOUR_US]
            * (min(start + HOUR_US, period.end_us) - max(start, period.start_us))
            / HOUR_US
            for start in range(first, period.end_us, HOUR_US)
        )

    def variation(self, hours: int) -> float:
        """How much blocks of so many hours vary beyond chance, as a share of what is expected."""
        starts = range(min(self.hours), max(self.hours) + HOUR_US - hours * HOUR_US + 1, hours * HOUR_US)
        blocks = [Period(start, start + hours * HOUR_US) for start in starts]
        if len(blocks) < _ENOUGH_BLOCKS:
            return UNKNOWN_VARIATION
        wanted = np.array([max(self.expected(block), 1e-9) for block in blocks])
        seen = np.array(
            [sum(self.hours.get(start, 0) for start in range(b.start_us, b.end_us, HOUR_US)) for b in blocks]
        )
        excess = float(np.mean((seen / wanted - 1.0) ** 2 - 1.0 / wanted))
        return max(LEAST_VARIATION, float(np.sqrt(max(excess, 0.0))))


def listen(window: Window) -> Rhythm | None:
    """The rhythm of a reference; None where it has no times or is too short."""
    hours = window.totals.by_hour
    if len(hours) < MIN_HOURS or window.period.end_us - window.period.start_us < MIN_HOURS * HOUR_US:
        return None
    # The first and the last hour may be cut off.
    whole = {start: n for start, n in hours.items() if _is_inside(start, window.period)}
    if not whole:
        return None
    whole = {start: whole.get(start, 0) for start in range(min(whole), max(whole) + HOUR_US, HOUR_US)}
    by_hour: dict[int, list[int]] = defaultdict(list)
    for start, n in whole.items():
        by_hour[start % DAY_US // HOUR_US].append(n)
    overall = float(np.mean(list(whole.values())))
    return Rhythm(tuple(float(np.mean(by_hour.get(hour, [overall]))) for hour in range(24)), whole)


def compare(rhythm: Rhythm, window: Window, settings: Effects) -> Part:
    """Whether the number of decisions is far from what is usual: a negative binomial, so that busy days are allowed.

    Source: Hilbe 2011, "Negative Binomial Regression" (NB2: variance `m + (v m)^2`).
    """
    n, wanted = window.n_decisions, max(rhythm.expected(window.period), 1e-3)
    hours = max(1, round((window.period.end_us - window.period.start_us) / HOUR_US))
    size = 1.0 / rhythm.variation(hours) ** 2
    chance = size / (size + wanted)
    tail = nbinom.cdf(n, size, chance) if n < wanted else nbinom.sf(n - 1, size, chance)
    effect = abs(float(np.log2((n + 0.5) / (wanted + 0.5))))
    up = "up" if n >= wanted else "down"
    p_value = min(1.0, 2.0 * float(tail))
    return Part(
        "volume",
        "negative binomial",
        n / wanted,
        p_value,
        effect,
        effects.DOUBLINGS,
        settings.doublings,
        up,
        np.empty(0),
    )


def _is_inside(start: int, period: Period) -> bool:
    return start >= period.start_us and start + HOUR_US <= period.end_us
