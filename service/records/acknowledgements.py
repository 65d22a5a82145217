"""Acknowledgements: who waits for the disk, and for how long.

An answer leaves when its decisions are on disk. When the database does not take them in time, the request is told that
its decisions are not acknowledged, instead of hanging. They stay with the writer, which may well write them later. So
the log may hold decisions that nobody was told of, and never lacks one that somebody was told of.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

Answer = Callable[[], None]


class Waiting:
    """One answer that waits; it leaves once, one way or the other."""

    __slots__ = ("deadline", "is_settled", "on_done", "on_late")

    def __init__(self, deadline: float, on_done: Callable[[bool], None], on_late: Answer) -> None:
        self.deadline = deadline
        self.on_done = on_done
        self.on_late = on_late
        self.is_settled = False

    def done(self, written: bool) -> None:  # noqa: FBT001 - the writer's word
        """The unit is on disk, or its guard refused it."""
        if not self.is_settled:
            self.is_settled = True
            self.on_done(written)

    def give_up(self) -> None:
        """It took too long, or the database will never take it."""
        if not self.is_settled:
            self.is_settled = True
            self.on_late()


class Acknowledgements:
    """All that wait in one event loop, in the order of their deadlines, with one timer for all of them.

    Attributes:
        n_late: answers that left without acknowledgement.

    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._waiting: deque[Waiting] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.n_late = 0

    def expect(self, loop: asyncio.AbstractEventLoop, on_done: Callable[[bool], None], on_late: Answer) -> Waiting:
        """Wait for a unit from now on.

        Args:
            loop: the running one.
            on_done: told whether the unit was written (True) or its guard refused it (False).
            on_late: called instead when neither is known in time.

        """
        waiting = Waiting(time.perf_counter() + self._timeout_s, on_done, on_late)
        self._forget_settled()
        self._waiting.append(waiting)
        if self._loop is not loop:  # the first, or after a pause; or the loop of before is gone, and its timer with it
            self._loop = loop
            loop.call_later(self._timeout_s, self._look, loop)
        return waiting

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up those that wait too long, and come back when the next one might."""
        now = time.perf_counter()
        while self._waiting and (self._waiting[0].is_settled or self._waiting[0].deadline <= now):
            late = self._waiting.popleft()
            self.n_late += not late.is_settled
            late.give_up()
        if self._waiting:
            loop.call_later(max(0.0, self._waiting[0].deadline - now), self._look, loop)
        elif self._loop is loop:
            self._loop = None

    def _forget_settled(self) -> None:
        while self._waiting and self._waiting[0].is_settled:
            self._waiting.popleft()
