"""Tallies: exact counts over everything that passes, in bounded memory."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.windows.decoding import COUNTED, Decoded
from monitoring.windows.raw import AT, RawValue
from monitoring.windows.window import HOUR_US, Totals

Float64s = NDArray[np.float64]
Int64s = NDArray[np.int64]

MAX_VALUES: Final = 2_000
"""Values of a column that are counted each; what comes after them is counted together."""
OTHER: Final = "(other)"


class Tally:
    """Counts decisions chunk by chunk."""

    def __init__(self) -> None:
        self.n_decisions = 0
        self.n_unreadable = 0
        self._counts: dict[str, dict[str, int]] = {column.name: {} for column in COUNTED}
        self._hours: Counter[int] = Counter()
        self._deciders: dict[str, int] = {}

    def add(self, decoded: Decoded, chosen: Int64s, repeated: Float64s) -> None:
        """Count some of a chunk.

        Args:
            decoded: the chunk.
            chosen: which of it count.
            repeated: whether the content of each of these was seen before; NaN where that cannot be told.

        """
        self.n_decisions += len(chosen)
        self.n_unreadable += int(np.isnan(decoded.probs[chosen]).all(axis=1).sum()) if decoded.n_unreadable else 0
        places = chosen.tolist()
        is_all = len(places) == len(decoded.rows)
        for name, words in decoded.words.items():
            _count(self._counts[name], Counter(words if is_all else [words[place] for place in places]))
        for name, values in decoded.flags.items():
            _count(self._counts[name], _flag_counts(values[chosen]))
        _count(self._counts["repeated"], _flag_counts(repeated))
        hours, counts = np.unique(decoded.at_us[chosen] // HOUR_US, return_counts=True)
        for hour, count in zip(hours.tolist(), counts.tolist(), strict=True):
            self._hours[hour * HOUR_US] += count
        place = AT["decider_id"]
        _count(self._deciders, Counter([decoded.rows[one][place] for one in places]))

    def totals(self, failures: Mapping[str, int]) -> Totals:
        """What was counted, with what failed beside it."""
        counts = {name: dict(found) for name, found in self._counts.items()}
        return Totals(counts, dict(sorted(self._hours.items())), dict(failures), dict(self._deciders))


def _count(into: dict[str, int], found: Mapping[RawValue, int]) -> None:
    for value, count in found.items():
        if value is not None:
            name = str(value) if value in into or len(into) < MAX_VALUES else OTHER
            into[name] = into.get(name, 0) + count


def _flag_counts(values: Float64s) -> dict[RawValue, int]:
    found: dict[RawValue, int] = {"true": int((values == 1.0).sum()), "false": int((values == 0.0).sum())}
    return {name: count for name, count in found.items() if count}
