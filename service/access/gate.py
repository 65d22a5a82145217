"""The gate: every request passes it before its body is read, whichever part of the service answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from service.access.principal import OPEN, Principal, Scope

Headers = list[tuple[bytes, bytes]]
Charge = Callable[[int], None]
"""Takes so many items from what a principal has; raises RequestError (429) when that is not enough."""


def free(_: int) -> None:
    """Charge nothing."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A request that may go on: for whom, and the headers that its response carries."""

    principal: Principal
    headers: tuple[tuple[bytes, bytes], ...] = ()
    charge: Charge = free


class Gate(Protocol):
    """Who may come in. Called in the event loop, so it answers from memory.

    Attributes:
        is_local_only: nothing is asked of anybody, so that only this machine may come.

    """

    @property
    def is_local_only(self) -> bool:
        """See above."""
        ...

    def admit(self, scope: Scope | None, headers: Headers, query: bytes) -> Admission:
        """Let a request pass.

        Args:
            scope: what the route asks for; None for what everybody may see.
            headers: names in lower case.
            query: as sent, without the question mark; empty for routes whose query cannot bring a key.

        Raises:
            RequestError: It brings no key, or one that is not good for this (401, 403), or it comes too often (429).

        """
        ...

    def identify(self, headers: Headers) -> Principal:
        """Who asks, whatever for, and without counting it against a limit.

        Raises:
            RequestError: Nobody that is known (401).

        """
        ...


class OpenGate:
    """Lets everybody in, from everywhere."""

    is_local_only = False

    def admit(self, scope: Scope | None, headers: Headers, query: bytes) -> Admission:  # noqa: ARG002
        """Nothing is asked."""
        return Admission(OPEN)

    def identify(self, headers: Headers) -> Principal:  # noqa: ARG002
        """Everybody is the same."""
        return OPEN
