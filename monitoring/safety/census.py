"""Census: what is counted over every decision of a period."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from monitoring.safety.store import Store, within
from monitoring.safety.tables import decisions

ALLOW: Final = "allow"
HIDDEN: Final = frozenset({"hold", "remove"})
"""Actions after which nobody sees the item."""


@dataclass(frozen=True)
class Census:
    """Exact counts over the decisions of a period.

    Attributes:
        by_action: decisions.
        reported: of these, those that came with a user report.
        impressions: the sum of the reach that came with them.

    """

    by_action: Mapping[str, int] = field(default_factory=dict)
    reported: Mapping[str, int] = field(default_factory=dict)
    impressions: Mapping[str, float] = field(default_factory=dict)

    @property
    def n_decisions(self) -> int:
        """All of them."""
        return sum(self.by_action.values())

    @property
    def n_actioned(self) -> int:
        """Those with any action but allow."""
        return self.n_decisions - self.by_action.get(ALLOW, 0)

    @property
    def n_reported(self) -> int:
        """Those that came with a user report."""
        return sum(self.reported.values())

    @property
    def n_actioned_unreported(self) -> int:
        """Those with an action that nobody had reported."""
        return self.n_actioned - sum(n for action, n in self.reported.items() if action != ALLOW)

    @property
    def visible_impressions(self) -> float:
        """The reach of what stays visible."""
        return sum(reach for action, reach in self.impressions.items() if action not in HIDDEN)


def take_census(store: Store) -> Census:
    """Count the decisions of a period, slice by slice in the database itself: memory does not grow with them."""
    counted: Counter[str] = Counter()
    reported: Counter[str] = Counter()
    impressions: dict[str, float] = {}
    is_reported = func.sum(case((says("user_reports"), 1), else_=0))
    reach = func.sum(case((says("reach"), _number("reach", store.database.dialect.name)), else_=0.0))
    counts = (func.count().label("n"), is_reported.label("n_reported"), reach.label("seen"))
    query = select(decisions.c.action, *counts).group_by(decisions.c.action)
    for piece in store.slices():
        chosen = query.where(*within(decisions.c.decided_at_us, piece), *store.of_tenant(decisions))
        for row in store.rows(chosen):
            counted[row.action] += int(row.n)
            reported[row.action] += int(row.n_reported or 0)
            impressions[row.action] = impressions.get(row.action, 0.0) + float(row.seen or 0.0)
    return Census(dict(counted), dict(reported), impressions)


def says(name: str) -> ColumnElement[bool]:
    """The caller said this of the item: what is not there was left out or zero, and the records cannot tell which."""
    return decisions.c.context.contains(f'"{name}":', autoescape=True)


def _number(name: str, dialect: str) -> ColumnElement[Any]:
    """A number of the context, read by the database."""
    if dialect == "postgresql":
        return cast(cast(decisions.c.context, JSONB)[name].astext, Float)
    return cast(func.json_extract(decisions.c.context, f"$.{name}"), Float)
