"""Forgetting: what leaves the reviews when its time is over, or when an author asks for it.

Labels and verdicts say what a harm was and nothing of who posted what, so they stay; content, statements, messages
and notes, which may quote it, go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, delete, func, or_, select, true, update

from service.accountability.retention import Retained
from service.reviews.content import forget_content, overdue_content, purge_content
from service.reviews.tables import appeals, golden_items, review_verdicts, reviews
from service.reviews.values import AppealState, ReviewState


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


@dataclass(frozen=True, slots=True)
class _Aged:
    """Rows of one kind that go by their age: their key, their time, and which of them may go."""

    key: Column[Any]
    at: Column[Any]
    may_go: ColumnElement[bool]

    def purge(self, connection: Connection, before_us: int, limit: int) -> int:
        old = select(self.key).where(self.at < before_us, self.may_go).order_by(self.at).limit(limit)
        ids = connection.execute(old).scalars().all()
        return connection.execute(delete(self.key.table).where(self.key.in_(ids))).rowcount if ids else 0

    def overdue(self, connection: Connection, before_us: int) -> int:
        old = select(func.count()).select_from(self.key.table).where(self.at < before_us, self.may_go)
        return int(connection.execute(old).scalar_one())


def review_retention(days: int) -> tuple[Retained, ...]:
    """How long closed reviews, verdicts and closed appeals are kept. Labels, which train, outlive them."""
    closed = reviews.c.state.in_([ReviewState.DECIDED.value, ReviewState.EXPIRED.value])
    aged = {
        "reviews": _Aged(reviews.c.review_id, reviews.c.created_at_us, closed),
        "verdicts": _Aged(review_verdicts.c.verdict_id, review_verdicts.c.at_us, true()),
        "appeals": _Aged(appeals.c.appeal_id, appeals.c.opened_at_us, appeals.c.state != AppealState.OPEN.value),
    }
    return tuple(Retained(kind, days, rows.purge, rows.overdue) for kind, rows in aged.items())


def content_retention(days: int) -> Retained:
    """How long content is kept for reviewers."""
    return Retained("review content", days, purge_content, overdue_content)
