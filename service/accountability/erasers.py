"""Erasers: what forgets one author, one for each part of the service that keeps anything of a person."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection


class Eraser(Protocol):
    """Forgets what one part of the service keeps of one author."""

    @property
    def kind(self) -> str:
        """What people call it, such as `review content`; counted under this name in the event."""
        ...

    def erase(self, connection: Connection, subject: str, tenant: str | None, decision_ids: Sequence[str]) -> int:
        """Delete or blank it, and say how many rows that took.

        Called once with no decisions, and then once a batch of the author's decisions, in the transaction that erases
        their personal fields. Nothing may be left that tells who the author was or what was posted. Calling it again
        finds nothing.

        Args:
            connection: in a `write_transaction`.
            subject: keyed digest of the author's id, hex (`DecisionLog.subject`).
            tenant: only within this tenant; None for all.
            decision_ids: at most 500 of the author's decisions.

        """
        ...
