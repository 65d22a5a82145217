"""Flights: texts on their way through the model, and everybody who waits for each of them.

The first request that asks for a text leads its flight; whoever asks for the same text meanwhile follows. One ticket
carries all texts that a request leads, so that a long list takes its turns like any other, but each text lands by
itself: a follower never waits for the leader's other texts.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from models.contracts import FailureCode
from service.ticket import Outcome, Ticket


class Waiter(NamedTuple):
    """One text of a ticket: that with this number, from 0."""

    ticket: Ticket
    number: int

    @property
    def raw(self) -> str:
        """The text as it was posted."""
        return self.ticket.texts[self.number]

    @property
    def previous(self) -> str | None:
        """The turn before it, as it was posted."""
        return self.ticket.turn(self.number)

    @property
    def has_gone(self) -> bool:
        """Nobody listens any more."""
        return self.ticket.is_abandoned is not None and self.ticket.is_abandoned()


class Flight:
    """One text that is being looked up or scored.

    Attributes:
        text: normalised; None when it could not be, which is then the outcome.
        deadline: of its leader, on the clock of `time.perf_counter`.

    """

    __slots__ = ("deadline", "key", "text", "waiters")

    def __init__(self, key: bytes, text: str | None, leader: Waiter) -> None:
        self.key: Final = key
        self.text: Final = text
        self.deadline: Final = leader.ticket.deadline
        self.waiters = [leader]

    @property
    def is_abandoned(self) -> bool:
        """Nobody waits for it any more."""
        return all(waiter.has_gone for waiter in self.waiters)


OnLanded = Callable[[Flight, Outcome], None]
OnAbandoned = Callable[[list[Flight]], None]


class Lead(Ticket):
    """The ticket of the texts that a request leads. The batcher treats it like any other.

    It is abandoned when nobody waits for any of its texts: a leader that goes does not take followers with it.
    """

    __slots__ = ("_on_abandoned", "_on_landed", "flights")

    def __init__(self, flights: list[Flight], leader: Ticket, on_landed: OnLanded, on_abandoned: OnAbandoned) -> None:
        turns = [flight.waiters[0].previous for flight in flights]
        super().__init__(
            [flight.waiters[0].raw for flight in flights],
            time.perf_counter(),
            leader.deadline,
            _nothing_left,
            self._has_nobody,
            leader.with_embeddings,
            leader.is_background,
            turns if any(turns) else (),
        )
        self.passage = leader.passage
        self.flights: Final = flights
        self._on_landed: Final = on_landed
        self._on_abandoned: Final = on_abandoned

    def settle(self, index: int, outcome: Outcome) -> bool:
        """Give text `index` its outcome, once, and let it land; True when that was the last one."""
        was_open = self.outcomes[index] is None
        is_last = super().settle(index, outcome)
        if was_open:
            self._on_landed(self.flights[index], outcome)
        return is_last

    def fail(self, code: FailureCode) -> None:
        """Let every text that is still in the air land with this failure."""
        is_open = [outcome is None for outcome in self.outcomes]
        super().fail(code)
        for flight, was_open in zip(self.flights, is_open, strict=True):
            if was_open:
                self._on_landed(flight, code)

    def _has_nobody(self) -> bool:
        """Asked by the batcher, which drops the ticket when it is True."""
        in_the_air = [flight for flight, outcome in zip(self.flights, self.outcomes, strict=True) if outcome is None]
        if not all(flight.is_abandoned for flight in in_the_air):
            return False
        self._on_abandoned(in_the_air)
        return True


def _nothing_left(_: Ticket) -> None:
    """Every text has landed by itself."""
