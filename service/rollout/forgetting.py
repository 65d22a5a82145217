"""Forgetting: how long it is kept what shadows would have done, and what goes with a person who is erased."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete

from service.accountability.retention import Retained
from service.rollout.shadow_store import overdue_shadow_decisions, purge_shadow_decisions
from service.rollout.tables import shadow_decisions


def retained_shadow_decisions(days: int) -> Retained:
    """What shadows would have done, kept so long."""
    return Retained("shadow decisions", days, purge_shadow_decisions, overdue_shadow_decisions)


class ShadowEraser:
    """Forgets what shadows would have done with an author's items: it rests on what the author wrote."""

    kind = "shadow decisions"

    def erase(self, connection: Connection, subject: str, tenant: str | None, decision_ids: Sequence[str]) -> int:  # noqa: ARG002
        """Delete the rows of these decisions."""
        if not decision_ids:
            return 0
        theirs = shadow_decisions.c.decision_id.in_(decision_ids)
        return connection.execute(delete(shadow_decisions).where(theirs)).rowcount
