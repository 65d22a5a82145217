"""Decoding: what a chunk of raw rows says, as far as every decision is looked at, sampled or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.contracts import Action
from monitoring.windows.columns import BY_NAME, Kind
from monitoring.windows.deciders import N_CATEGORIES, Deciders
from monitoring.windows.raw import AT, RawRow, RawValue
from monitoring.windows.scores import UNKNOWN, read_probs, read_severities

Int64s = NDArray[np.int64]
Float64s = NDArray[np.float64]
Int8s = NDArray[np.int8]
Bools = NDArray[np.bool_]

ACTIONS: Final = tuple(action.value for action in Action)
N_STRATA: Final = 2 * N_CATEGORIES + len(ACTIONS)
"""Each category past its recall point, each past its balanced point, each action."""
LIKELY: Final = 0.5
"""Stands for the recall point where thresholds are not known."""
COUNTED: Final = tuple(column for column in BY_NAME.values() if column.kind in {Kind.CATEGORY, Kind.FLAG})
"""Columns whose values are counted over all decisions."""

_DIRECT: Final = {name: AT[name] for name in ("tenant", "surface", "language", "script", "action")}
_FLAGS: Final = {name: AT[name] for name in ("review", "flagged", "cached")}


@dataclass(frozen=True)
class Decoded:
    """Some decisions, in the order of time.

    Attributes:
        at_us: when they were made.
        probs: *Shape:* `(n, N_CATEGORIES)`, NaN where not scored.
        severities: the same shape; `UNKNOWN` where it cannot be told.
        words: values of `Kind.CATEGORY` by column, None where there is none.
        flags: values of `Kind.FLAG` by column, but for `repeated`; NaN where it does not apply.
        n_unreadable: decisions whose scores could not be read.

    """

    rows: Sequence[RawRow]
    at_us: Int64s
    probs: Float64s
    severities: Int8s
    words: dict[str, list[str | None]]
    flags: dict[str, Float64s]
    n_unreadable: int

    def column(self, name: str) -> list[RawValue]:
        """The values of a raw column."""
        place = AT[name]
        return [row[place] for row in self.rows]


def decode(rows: Sequence[RawRow], deciders: Deciders) -> Decoded:
    """Decode a chunk; scores that cannot be read become missing and are counted.

    Args:
        rows: in the order of time.
        deciders: by id; what they do not know is of unknown severity.

    """
    probs, n_unreadable = read_probs([row[AT["scores"]] for row in rows])
    severities = read_severities(probs, rows, deciders) if rows else np.empty(probs.shape, np.int8)
    words = {name: _words(rows, place) for name, place in _DIRECT.items()}
    words["modality"] = _words(rows, AT["modalities"])
    words["severity"] = severity_words(severities)
    flags = {name: numbers(rows, place) for name, place in _FLAGS.items()}
    n_read = numbers(rows, AT["n_text_chars"])
    flags["has_words"] = np.where(np.isnan(n_read), np.nan, (n_read > 0).astype(np.float64))
    at_us = np.array([row[AT["decided_at_us"]] for row in rows], dtype=np.int64)
    return Decoded(rows, at_us, probs, severities, words, flags, n_unreadable)


def strata(decoded: Decoded) -> Bools:
    """To which strata of the sample each decision belongs. *Shape:* `(n, N_STRATA)`."""
    unknown = decoded.severities == UNKNOWN
    with np.errstate(invalid="ignore"):
        is_likely = unknown & (decoded.probs >= LIKELY)
    codes = pd.Categorical(decoded.words["action"], categories=ACTIONS).codes
    actions = codes[:, None] == np.arange(len(ACTIONS))[None]
    return np.concatenate([(decoded.severities >= 2) | is_likely, decoded.severities >= 4, actions], axis=1)  # noqa: PLR2004 - recall and balanced


def severity_words(severities: Int8s) -> list[str | None]:
    """The highest severity of each decision as a word; None where none is known."""
    if not len(severities):
        return []
    return [None if level < 0 else str(level) for level in severities.max(axis=1).tolist()]


def _words(rows: Sequence[RawRow], place: int) -> list[str | None]:
    return [None if row[place] is None else str(row[place]) for row in rows]


def numbers(rows: Sequence[RawRow], place: int) -> Float64s:
    """A raw column of numbers or truths; NaN where there is none, or something else (SQLite keeps what it is given)."""
    values = [row[place] for row in rows]
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        return np.array([value if isinstance(value, int | float) else np.nan for value in values], dtype=np.float64)
