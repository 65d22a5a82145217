"""Judges: which panel decides for which tenant.

A policy that changes is a new panel; requests under way keep theirs.
"""

from service.panel import Panel


class Judges:
    """The panel of the active policy."""

    def __init__(self, active: Panel) -> None:
        self._active = active

    @property
    def active(self) -> Panel:
        """Of tenants that nothing else is arranged for."""
        return self._active

    def panel(self, tenant: str) -> Panel:  # noqa: ARG002 - one policy for all, so far
        """Who decides for a tenant now."""
        return self._active
