"""Part: a random part of the decisions of a period, looked at one by one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import func, select

from models.contracts import CATEGORIES
from monitoring.safety.intervals import Floats
from monitoring.safety.store import Store, within
from monitoring.safety.tables import decisions
from monitoring.windows.scores import read_scores

MAX_ROWS: Final = 20_000
"""About so many: a share among them is known to 0.7 percentage points, and they are read in about a second."""
_NAMES: Final = tuple(category.value for category in CATEGORIES)
_DIGITS: Final = 3
_CELLS: Final = 16**_DIGITS


@dataclass(frozen=True)
class Part:
    """Some decisions, each with the same chance of being here. Arrays have *Shape:* `(n,)`.

    Attributes:
        waits_s: from the request to the decision, in seconds.
        probs: by category; NaN where no model scored it. *Shape:* `(n, 19)`.

    """

    decision_ids: tuple[str, ...]
    decided_at_us: tuple[int, ...]
    actions: tuple[str, ...]
    waits_s: Floats
    probs: Floats

    def probs_of(self, category: str) -> Floats:
        """Of the decisions of which a model scored the category."""
        column: Floats = self.probs[:, _NAMES.index(category)]
        return column[~np.isnan(column)]


def read_part(store: Store, n_decisions: int) -> Part:
    """The decisions whose ids end in low digits, which are random: all decisions where there are few.

    Source: RFC 9562, section 5.7: the last 62 bits of a UUID of version 7 are random.
    """
    read = decisions.c
    query = select(read.decision_id, read.decided_at_us, read.action, read.latency_ms, read.scores)
    n_cells = max(1, round(_CELLS * MAX_ROWS / max(n_decisions, 1)))
    if n_cells < _CELLS:
        query = query.where(func.substr(read.decision_id, 37 - _DIGITS, _DIGITS) < f"{n_cells:0{_DIGITS}x}")
    rows, probs = [], [np.empty((0, len(CATEGORIES)))]
    for piece in store.slices():
        chosen = query.where(*within(read.decided_at_us, piece), *store.of_tenant(decisions))
        found = [row for row in store.rows(chosen) if isinstance(row.latency_ms, int | float)]  # SQLite keeps anything
        rows += [(row.decision_id, row.decided_at_us, row.action, row.latency_ms / 1e3) for row in found]
        if found:
            probs.append(np.array([scored(read_scores(row.scores) or {}) for row in found]))
    ids, times, actions, waits = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Part(ids, times, actions, np.array(waits, dtype=np.float64), np.concatenate(probs))


def scored(scores: Mapping[str, float]) -> list[float]:
    """Probabilities in the order of the categories; NaN where no model scored one."""
    return [scores.get(name, math.nan) for name in _NAMES]
