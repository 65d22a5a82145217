"""Principals: who asks, for which tenant, and what they may do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """What a key allows. No scope includes another; a key lists all that it has."""

    SCORE = "score"
    """Scores of content: the moderation and comment-analysis endpoints."""
    DECIDE = "decide"
    """Decisions, jobs and their webhooks."""
    REVIEW = "review"
    """The review queue, appeals and labels."""
    ADMIN = "admin"
    """Policies, banks, keys, the audit log and erasure."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes:
        key_id: of the API key; None in the open local mode.
        tenant: the one tenant it may act for; None when it may act for any.
        scopes: what it may do.

    """

    key_id: str | None
    tenant: str | None
    scopes: frozenset[Scope]

    @property
    def actor(self) -> str:
        """The name under which the audit log keeps what it did."""
        return f"key:{self.key_id}" if self.key_id else "open"

    def may(self, scope: Scope) -> bool:
        """Whether a scope is among its own."""
        return scope in self.scopes


OPEN: Final = Principal(None, None, frozenset(Scope))
"""Everybody, while the service runs open on a local address."""
