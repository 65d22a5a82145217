"""Rates: how many requests in how long, as people write them: `100/s`, `6000/m`, `100000/h`."""

import re
from dataclasses import dataclass
from typing import Final, Self

PATTERN: Final = r"^[1-9][0-9]{0,8}/[smh]$"
_RATE: Final = re.compile(PATTERN)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a window of so many seconds; all of them may come at once, and then one after the other."""

    limit: int
    window_s: int

    @classmethod
    def read(cls, text: str) -> Self:
        """From its written form.

        Raises:
            ValueError: It is not one.

        """
        if _RATE.fullmatch(text) is None:
            raise ValueError("a rate is a number and /s, /m or /h, such as 100/s, 6000/m or 100000/h")
        number, _, unit = text.partition("/")
        return cls(int(number), _SECONDS[unit])

    @property
    def interval_ns(self) -> int:
        """Between two of them, when they come evenly."""
        return max(1, self.window_s * 1_000_000_000 // self.limit)
