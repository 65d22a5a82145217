"""Judges: which panel decides for which tenant, and which one only watches.

A policy that changes is a new line-up, exchanged by one reference: requests under way keep the panel they took.
"""

import threading
from dataclasses import dataclass

from service.panel import Panel
from service.rollout.standing import is_chosen

UNFOLLOWED = -1
"""The revision of a line-up that no database stands behind."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """A panel that runs beside the active one and decides nothing.

    Attributes:
        version: of its policy.
        share: of the decisions that it runs beside, above 0 and up to 1.

    """

    version: str
    panel: Panel
    share: float


@dataclass(frozen=True, slots=True)
class Lineup:
    """Who judges at one revision of the rollout.

    Attributes:
        base: decides for everybody whom the candidate does not.
        candidate: decides for its share of tenants; None outside of a staged rollout.
        percent: of tenants that the candidate decides for.
        shadow: only watches; None when none is set.
        revision: of the rollout that it follows.

    """

    base: Panel
    candidate: Panel | None = None
    percent: int = 0
    shadow: Shadow | None = None
    revision: int = UNFOLLOWED


class Judges:
    """The panels of one worker. Take `panel` once for an item."""

    def __init__(self, active: Panel) -> None:
        self._lineup = Lineup(active)
        self._lock = threading.Lock()

    @property
    def lineup(self) -> Lineup:
        """Who judges now."""
        return self._lineup

    @property
    def active(self) -> Panel:
        """Of tenants that nothing else is arranged for."""
        return self._lineup.base

    def panel(self, tenant: str) -> Panel:
        """Who decides for a tenant now."""
        lineup = self._lineup
        candidate = lineup.candidate
        if candidate is not None and is_chosen(candidate.moderator.policy.version, tenant, lineup.percent):
            return candidate
        return lineup.base

    def take(self, lineup: Lineup) -> None:
        """Let these judge from now on, unless a newer line-up already does. Called from any thread."""
        with self._lock:
            if lineup.revision >= self._lineup.revision:
                self._lineup = lineup
