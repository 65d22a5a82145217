"""Forgetting: what leaves the reviews when its time is over, or when an author asks for it.

Labels and verdicts say what a harm was and nothing of who posted what, so they stay; content, statements, messages
and notes, which may quote it, go.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, or_, update

from service.accountability.retention import Retained
from service.reviews.content import forget_content, overdue_content, purge_content
from service.reviews.tables import appeals, golden_items, review_verdicts, reviews


class ReviewEraser:
    """An `Eraser` of everything that the reviews keep of a person."""

    kind = "review content"

    def erase(self, connection: Connection, subject: str, tenant: str | None, decision_ids: Sequence[str]) -> int:  # noqa: ARG002 - all is found by decision
        """Forget the content of these decisions and every word about it; returns how many rows that took."""
        if not decision_ids:
            return 0
        n_rows = forget_content(connection, decision_ids)
        words = or_(appeals.c.statement.is_not(None), appeals.c.message.is_not(None))
        statements = update(appeals).where(appeals.c.decision_id.in_(decision_ids), words)
        n_rows += connection.execute(statements.values(statement=None, message=None)).rowcount
        notes = update(review_verdicts).where(
            review_verdicts.c.decision_id.in_(decision_ids), review_verdicts.c.note.is_not(None)
        )
        n_rows += connection.execute(notes.values(note=None)).rowcount
        reasons = update(reviews).where(reviews.c.decision_id.in_(decision_ids), reviews.c.escalation.is_not(None))
        n_rows += connection.execute(reasons.values(escalation=None)).rowcount
        golden = delete(golden_items).where(golden_items.c.decision_id.in_(decision_ids))
        return n_rows + connection.execute(golden).rowcount


def content_retention(days: int) -> Retained:
    """How long content is kept for reviewers."""
    return Retained("review content", days, purge_content, overdue_content)
