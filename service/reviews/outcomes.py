"""Outcomes: what came of reviews and appeals, told to whoever wants to know in the transaction that writes it.

A webhook that subscribes here cannot miss a verdict and cannot announce one that was rolled back.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection


class OutcomeKind(StrEnum):
    """What happened; also the kind of the audited event."""

    REVIEW_DECIDED = "review.decided"
    REVIEW_RELABELLED = "review.relabelled"
    REVIEW_ESCALATED = "review.escalated"
    APPEAL_OPENED = "appeal.opened"
    APPEAL_DECIDED = "appeal.decided"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that came out of a review or an appeal.

    Attributes:
        event_id: of the audited event, which never repeats.
        tenant: of the decision.
        payload: JSON without content and without persons: at least `decision_id`; of a decided review or appeal also
            `verdict` or `outcome`, `action_before` and `action`, the one that stands now.

    """

    kind: OutcomeKind
    event_id: str
    tenant: str
    decision_id: str
    at_us: int
    payload: dict[str, object]


class OutcomeHook(Protocol):
    """Hears of every outcome before it is committed."""

    def on_outcome(self, connection: Connection, outcome: Outcome) -> None:
        """Write beside it; an exception takes the outcome back as well."""
        ...
