"""Survival: how long things take, when some of them are not over yet.

Leaving out what still waits would make every queue look fast; a median of what is done so far is one of the easy cases.

Source: Kaplan & Meier (1958), "Nonparametric estimation from incomplete observations"; Brookmeyer & Crowley (1982), "A
confidence interval for the median survival time", with the log-log transformation of Kalbfleisch & Prentice (1980).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitoring.safety.intervals import TAIL, Floats, Z


@dataclass(frozen=True, slots=True)
class Quantile:
    """A time by which a share of all is over.

    Attributes:
        value: None where too much still waits for it to be known.
        low, high: 95 % interval; `high` is None where it has no end yet.

    """

    value: float | None
    low: float | None
    high: float | None


def quantiles(times: Floats, is_over: NDArray[np.bool_], shares: tuple[float, ...]) -> list[Quantile]:
    """The times by which these shares of all are over.

    Args:
        times: until it was over, or until one last looked. *Shape:* `(n,)`, not negative, n at least 1.
        is_over: False where it still waited then. *Shape:* `(n,)`.
        shares: in (0, 1).

    """
    at, left, low, high = curve(times, is_over)
    return [Quantile(*(_reaches(at, bound, 1.0 - share) for bound in (left, low, high))) for share in shares]


def curve(times: Floats, is_over: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, Floats]:
    """The share that is not over, after each time at which something was, and its bounds.

    `S(t) = prod (1 - d_i / n_i)`; Greenwood's `var(log S) = sum d_i / (n_i (n_i - d_i))`; bounds `S^exp(+-z s)` with
    `s = sqrt(var(log S)) / |log S|`.

    Returns:
        Times, shares, lower and upper bounds, *Shape:* `(k,)` each.

    """
    at, over = np.unique(times[is_over], return_counts=True)
    waiting = len(times) - np.searchsorted(np.sort(times), at, side="left")
    left: Floats = np.asarray(np.cumprod(1.0 - over / waiting), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(over / (waiting * (waiting - over)))) / np.abs(np.log(left))
        low, high = left ** np.exp(Z * spread), left ** np.exp(-Z * spread)
    ended = left <= 0.0  # Greenwood's variance says nothing there; the exact bound of none of so many does
    last = np.append(1.0, high[:-1])[: len(high)] * (1.0 - TAIL ** (1.0 / waiting))
    return at, left, np.where(ended, 0.0, low), np.where(ended, last, high)


def _reaches(at: Floats, left: Floats, share: float) -> float | None:
    """The first time after which no more than this share is left."""
    hits = np.flatnonzero(left <= share + 1e-12)
    return float(at[hits[0]]) if len(hits) else None
