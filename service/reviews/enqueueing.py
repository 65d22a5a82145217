"""Enqueueing: every decision that a person should look at enters the queue in the transaction that records it.

So does every decision that the random sample draws. One that is both has one place, as part of the sample.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from models.contracts import Action
from service.asking import Decided
from service.records.writer import Write
from service.reviews.content import Keeping
from service.reviews.priority import asked_rank, decision_uncertainty, gravest, queue_rank
from service.reviews.sampling import NO_SAMPLE, ReviewSample
from service.reviews.tables import reviews
from service.reviews.values import FIRST_LEVEL, Purpose, ReviewState

QUEUED_ACTIONS: Final = frozenset({Action.HOLD, Action.DEMOTE})


class ReviewHook:
    """A `DecisionHook`: what is held, demoted, marked for review or drawn is queued, or not even decided."""

    def __init__(
        self,
        keeping: Keeping,
        new_id: Callable[[], str],
        on_queued: Callable[[], None] = lambda: None,
        sample: ReviewSample = NO_SAMPLE,
    ) -> None:
        self._keeping = keeping
        self._new_id = new_id
        self._on_queued = on_queued
        self._sample = sample

    def __call__(self, decided: Decided) -> Write | None:
        """The queue's row of this decision; None for decisions that need nobody."""
        is_drawn = self._sample.takes(decided.decision_id)
        if not is_drawn and not decided.review and decided.action not in QUEUED_ACTIONS:
            return None
        row, keep = self._row(decided, is_drawn=is_drawn), self._keeping.write(decided)
        self._on_queued()

        def enqueue(connection: Connection) -> None:
            connection.execute(reviews.insert().values(row))
            if keep is not None:
                keep(connection)

        return enqueue

    def _row(self, decided: Decided, *, is_drawn: bool) -> dict[str, object]:
        decision, context = decided.make(), decided.context
        (category, severity), uncertain = gravest(decision), decision_uncertainty(decision)
        reach, reports = context.reach, context.user_reports
        rank = queue_rank(severity, uncertain, reach, reports, decided.decided_at_us)
        if is_drawn:
            rank = max(rank, asked_rank(decided.decided_at_us))
        return {
            "review_id": self._new_id(),
            "decision_id": decided.decision_id,
            "purpose": (Purpose.SAMPLE if is_drawn else Purpose.REVIEW).value,
            "for_reviewer": "",
            "tenant": decided.tenant,
            "surface": decided.surface,
            "action": Action(decided.action).value,
            "category": category,
            "severity": severity,
            "uncertainty": round(uncertain, 6),
            "reach": reach,
            "user_reports": reports,
            "created_at_us": decided.decided_at_us,
            "queue_rank": rank,
            "state": ReviewState.OPEN.value,
            "level": FIRST_LEVEL,
            "sample_share": self._sample.share if is_drawn else None,
        }
