"""The gate: every request passes it before its body is read, whichever part of the service answers."""

from dataclasses import dataclass
from typing import Protocol

from service.access.principal import OPEN, Principal, Scope

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Admission:
    """A request that may go on: for whom, and the headers that its response carries."""

    principal: Principal
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Gate(Protocol):
    """Who may come in. Called in the event loop, so it answers from memory."""

    def admit(self, scope: Scope | None, headers: Headers, query: bytes) -> Admission:
        """Let a request pass.

        Args:
            scope: what the route asks for; None for what everybody may see.
            headers: names in lower case.
            query: as sent, without the question mark.

        Raises:
            RequestError: It brings no key, or one that is not good for this (401, 403), or it comes too often (429).

        """
        ...


class OpenGate:
    """Lets everybody in."""

    def admit(self, scope: Scope | None, headers: Headers, query: bytes) -> Admission:  # noqa: ARG002
        """Nothing is asked."""
        return Admission(OPEN)
