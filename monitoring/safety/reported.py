"""Reported: the decisions that came with a user report, gone through once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import Row, select

from monitoring.safety.census import says
from monitoring.safety.store import Store, within
from monitoring.safety.tables import decisions

NO_CATEGORY: Final = "(none)"
"""Of reports on items in which no rule of a category fired: what the models may not see."""


@dataclass
class Reports:
    """User reports of a period.

    Attributes:
        by_item: the most that was said of each item, by its name.
        by_category: the same summed by the harms whose rules fired; an item counts in each of them.

    """

    by_item: dict[int, int] = field(default_factory=dict)
    by_category: Counter[str] = field(default_factory=Counter)
    n_items: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row[Any]) -> None:
        """What one decision came with. Of an item that is asked for again, only what is new counts."""
        item = hash((row.tenant, row.content_id) if row.content_id is not None else row.decision_id)
        categories = _fired(row.reasons)
        n_reports = _n_reports(row.context)
        before = self.by_item.get(item)
        new = max(0, n_reports - (before or 0))
        self.by_item[item] = max(n_reports, before or 0)
        for category in categories or {NO_CATEGORY}:
            self.by_category[category] += new
            self.n_items[category] += before is None


def _fired(reasons: str | None) -> set[str]:
    """Harms whose rules fired; none where that cannot be read."""
    try:
        return {reason["category"] for reason in orjson.loads(reasons) if reason.get("category")} if reasons else set()
    except (ValueError, TypeError, AttributeError, KeyError):
        return set()


def _n_reports(context: str) -> int:
    """How often it was reported; 0 where that cannot be read."""
    try:
        return int(orjson.loads(context).get("user_reports", 0))
    except (ValueError, TypeError, AttributeError):
        return 0


def reported_decisions(store: Store) -> Iterator[Row[Any]]:
    """All columns that anybody here reads of them, in the order of time, slice by slice."""
    read = decisions.c
    query = select(
        read.decision_id,
        read.decided_at_us,
        read.tenant,
        read.action,
        read.latency_ms,
        read.content_id,
        read.context,
        read.reasons,
    ).where(says("user_reports"))
    for piece in store.slices():
        chosen = query.where(*within(read.decided_at_us, piece), *store.of_tenant(decisions))
        yield from store.rows(chosen.order_by(read.decided_at_us, read.decision_id))
