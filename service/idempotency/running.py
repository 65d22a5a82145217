"""Requests under a key while they are decided: who waits for which answer, in one worker."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from service.errors import RequestError
from service.http.messages import Respond, Response, error_response
from service.idempotency.keys import REPLAYED, Keyed, in_progress, reused


@dataclass(slots=True, eq=False)
class _Waiter:
    respond: Respond
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Running:
    """One key of which the answer is not known yet.

    Attributes:
        first: whom the answer is for.
        waiters: who sent the same meanwhile.

    """

    keyed: Keyed
    first: Respond
    waiters: list[_Waiter] = field(default_factory=list)


class RunningRequests:
    """Lets one request a key go on, and the others wait. Lives in one event loop.

    Args:
        wait_s: so long a repeat waits for the first; then it gets `idempotency_in_progress`.

    """

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._running: dict[tuple[str, str], Running] = {}

    def join(self, keyed: Keyed, respond: Respond) -> bool:
        """Wait for the request that is under way with this key; False when there is none.

        Raises:
            RequestError: It is another request (422).

        """
        running = self._running.get((keyed.owner, keyed.key))
        if running is None:
            return False
        if running.keyed.fingerprint != keyed.fingerprint:
            raise reused()
        waiter = _Waiter(respond)

        def give_up() -> None:
            running.waiters.remove(waiter)
            respond(error_response(in_progress(), [(b"retry-after", b"1")]))

        waiter.timer = asyncio.get_running_loop().call_later(self._wait_s, give_up)
        running.waiters.append(waiter)
        return True

    def begin(self, keyed: Keyed, respond: Respond) -> Running:
        """A request that nobody else is deciding here."""
        running = Running(keyed, respond)
        self._running[keyed.owner, keyed.key] = running
        return running

    def finish(self, running: Running, build: Callable[[], Response], *, is_replay: bool) -> None:
        """Answer everybody; `build` makes a response for each. Repeats, and a replay's first, are marked as such."""
        for respond, is_repeat in self._end(running):
            response = build()
            if is_repeat or is_replay:
                response.headers.append(REPLAYED)
            respond(response)

    def fail(self, running: Running, error: RequestError) -> None:
        """Nothing was decided, for a reason that all of them hear."""
        for respond, _ in self._end(running):
            respond(error_response(error))

    def _end(self, running: Running) -> list[tuple[Respond, bool]]:
        self._running.pop((running.keyed.owner, running.keyed.key), None)
        for waiter in running.waiters:
            if waiter.timer is not None:
                waiter.timer.cancel()
        return [(running.first, False), *((waiter.respond, True) for waiter in running.waiters)]
