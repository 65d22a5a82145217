"""Budgets: what pictures may hold of one worker's memory, encoded and decoded. Used from the event loop alone."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from service.errors import overloaded


class ByteBudget:
    """Bytes of long bodies and of images that wait. What does not fit is refused, never queued."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.n_bytes = 0

    def claim(self, n_bytes: int) -> None:
        """Take so many bytes; one claim larger than all is granted when nothing else is held.

        Raises:
            RequestError: They do not fit (429).

        """
        if self.n_bytes and self.n_bytes + n_bytes > self._max_bytes:
            raise overloaded()
        self.n_bytes += n_bytes

    def release(self, n_bytes: int) -> None:
        """Give back what was claimed."""
        self.n_bytes -= n_bytes

    @contextmanager
    def held(self, n_bytes: int) -> Iterator[None]:
        """Claim for a while.

        Raises:
            RequestError: They do not fit (429).

        """
        self.claim(n_bytes)
        try:
            yield
        finally:
            self.release(n_bytes)


class Places:
    """Pictures that may be decoded at a time, given in the order of arrival.

    An item takes places for all of its pictures at once, so that no two items wait for each other.
    """

    def __init__(self, n_places: int) -> None:
        self._n_free = n_places
        self._n_places = n_places
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def taken(self, n_pictures: int) -> AsyncIterator[None]:
        """Wait for places and hold them."""
        n_wanted = min(n_pictures, self._n_places)
        await self._take(n_wanted)
        try:
            yield
        finally:
            self._n_free += n_wanted
            self._serve()

    async def _take(self, n_wanted: int) -> None:
        if not self._waiting and n_wanted <= self._n_free:
            self._n_free -= n_wanted
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((n_wanted, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # served and given up in the same moment
                self._n_free += n_wanted
            self._serve()
            raise

    def _serve(self) -> None:
        while self._waiting and (self._waiting[0][1].cancelled() or self._waiting[0][0] <= self._n_free):
            n_wanted, turn = self._waiting.popleft()
            if not turn.cancelled():
                self._n_free -= n_wanted
                turn.set_result(None)
