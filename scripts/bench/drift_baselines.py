"""What Weir's detector is compared with: Evidently's defaults, and a KS test a column with a correction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import kolmogorov

from monitoring.windows.columns import COLUMNS, Kind
from monitoring.windows.window import Window

BY_LENGTH: Final = frozenset({"repeated", "cached"})
"""Columns that depend on how long a window is, and would differ from any reference by that alone."""
NUMERIC: Final = tuple(
    column.name for column in COLUMNS if column.kind is not Kind.CATEGORY and column.name not in BY_LENGTH
)
WORDS: Final = tuple(column.name for column in COLUMNS if column.kind is Kind.CATEGORY)
DRIFT_SHARE: Final = 0.5
"""Of the columns: from which on Evidently's preset calls a data set drifted. Source: `DataDriftPreset.drift_share`."""
LOOKS_A_DAY: Final = 24
DAILY_LEVEL: Final = 0.01
_MIN_ROWS: Final = 2


@dataclass(frozen=True)
class KolmogorovSmirnov:
    """A KS test on every numeric column and window, Bonferroni over columns, windows and the looks of a day."""

    reference: Window

    @cached_property
    def _sorted(self) -> dict[str, NDArray[np.float64]]:
        values = {name: _values(self.reference.frame, name) for name in NUMERIC}
        return {name: np.sort(found) for name, found in values.items() if len(found) >= _MIN_ROWS}

    def is_alarming(self, windows: Sequence[Window]) -> bool:
        """Some column of some window differs."""
        level = DAILY_LEVEL / (LOOKS_A_DAY * len(windows) * max(1, len(self._sorted)))
        return any(
            ks_p_value(known, _values(window.frame, name)) < level
            for window in windows
            for name, known in self._sorted.items()
        )


def ks_p_value(known: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """The two-sample test by its asymptotic law; ties make it conservative. 1.0 where there is nothing to test.

    Args:
        known: ascending.
        values: in any order.

    Source: Kolmogorov (1933), Smirnov (1939), as `scipy.stats.ks_2samp(method="asymp")` up to its correction.

    """
    if len(values) < _MIN_ROWS:
        return 1.0
    ordered = np.sort(values)
    places = np.concatenate([known, ordered])
    cdf_known = np.searchsorted(known, places, side="right") / len(known)
    cdf_values = np.searchsorted(ordered, places, side="right") / len(ordered)
    distance = float(np.abs(cdf_known - cdf_values).max())
    effective = len(known) * len(ordered) / (len(known) + len(ordered))
    return float(kolmogorov(np.sqrt(effective) * distance))


@dataclass(frozen=True)
class EvidentlyDefaults:
    """Evidently's own choice of test and threshold for every column, as `DataDriftPreset` makes it.

    The functions behind the preset are called without the report around them, which takes seconds a look.
    """

    reference: Window
    _last: dict[tuple[int, int], float] = field(default_factory=dict)

    def drifted_share(self, window: Window) -> float:
        """Share of the columns that it calls drifted. Columns with no value on either side are left out."""
        key = window.period.start_us, window.period.end_us
        if key not in self._last:
            self._last.clear()
            self._last[key] = self._drifted_share(window)
        return self._last[key]

    def _drifted_share(self, window: Window) -> float:
        drifted = [self._is_drifted(window, name, is_word=name in WORDS) for name in (*NUMERIC, *WORDS)]
        told = [one for one in drifted if one is not None]
        return sum(told) / len(told) if told else 0.0

    def _is_drifted(self, window: Window, name: str, *, is_word: bool) -> bool | None:
        from evidently.legacy.calculations.stattests import get_stattest
        from evidently.legacy.core import ColumnType

        known, current = self.reference.frame[name].dropna(), window.frame[name].dropna()
        if is_word:
            known, current = known.astype(str), current.astype(str)
        if known.empty or current.empty:
            return None
        kind = ColumnType.Categorical if is_word else ColumnType.Numerical
        test = get_stattest(known, current, kind, None)
        return bool(test(known, current, kind, None).drifted)


def _values(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    values: NDArray[np.float64] = frame[name].to_numpy(np.float32).astype(np.float64)  # as references keep them
    return np.asarray(values[~np.isnan(values)], dtype=np.float64)
