"""The desk: what every part of the reviews works with, and how they speak of what happened."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from service.errors import RequestError
from service.identity import UuidSource
from service.records.ledger import record_event
from service.reviews.content import Keeping
from service.reviews.outcomes import Outcome, OutcomeHook, OutcomeKind
from service.reviews.recorded import Recorded

MICRO: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Shares:
    """Of the items that reviewers are given: golden ones, and those that a second person judges. Both in [0, 1]."""

    golden: float
    second: float


@dataclass(frozen=True)
class Desk:
    """Where reviewers work.

    Attributes:
        subject: turns an author's id into the keyed digest of the decision log.
        outcomes: told of what came out; the engine's list, to which others add.
        expiry_us: open items older than this expire; None when they never do.
        random: mixes golden items in.
        now_us: microseconds since 1970, UTC.

    """

    database: Database
    keeping: Keeping
    shares: Shares
    subject: Callable[[str], str]
    outcomes: Sequence[OutcomeHook] = ()
    expiry_us: int | None = None
    random: Random = field(default_factory=Random)
    now_us: Callable[[], int] = field(default=lambda: time.time_ns() // 1000)
    new_id: UuidSource = field(default_factory=UuidSource)

    def tell(
        self, connection: Connection, kind: OutcomeKind, actor: str, decision: Recorded, payload: dict[str, object]
    ) -> None:
        """Audit what happened and tell those who subscribed, in this transaction."""
        payload = {"decision_id": decision.decision_id} | payload
        event_id = record_event(connection, kind.value, actor, decision.tenant, payload)
        outcome = Outcome(kind, event_id, decision.tenant, decision.decision_id, self.now_us(), payload)
        for hook in self.outcomes:
            hook.on_outcome(connection, outcome)


def not_found(what: str) -> RequestError:
    """Nothing of this id that the principal may see: 404."""
    return RequestError(404, "not_found", f"there is no {what} of this id")


def conflict(code: str, message: str) -> RequestError:
    """Something else happened first: 409."""
    return RequestError(409, code, message)
