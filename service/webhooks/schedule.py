"""The schedule: when a message that was not taken is tried again, and when it is given up."""

import random
from typing import Final

DELAYS_S: Final = (5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 50_400)
"""After each failed attempt: 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 5 h, 10 h, 14 h. Ten attempts in about 32 hours."""
JITTER: Final = 0.2
"""Up to so much longer, so that what failed together does not come again together."""


def delay_s(n_attempts: int, delays_s: tuple[int, ...] = DELAYS_S) -> float | None:
    """How long to wait after the last of so many attempts; None when that was the last of all."""
    if n_attempts > len(delays_s):
        return None
    return delays_s[n_attempts - 1] * (1 + JITTER * random.random())
