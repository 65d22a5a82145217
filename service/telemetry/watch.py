"""The watch at the door: gives every request its passage, its trace and, where asked, its line in the access log."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from service.access.principal import Principal
from service.http.messages import Header
from service.settings import Settings
from service.telemetry.logs import REQUESTS
from service.telemetry.passage import CURRENT, Passage
from service.telemetry.traces import Tracing, open_tracing

requests: Final = logging.getLogger(REQUESTS)


@dataclass(frozen=True, slots=True)
class Watch:
    """Sees requests come and go.

    Attributes:
        tracing: None when nothing is traced.
        logs_access: write a line a request.

    """

    tracing: Tracing | None = None
    logs_access: bool = False

    def meet(
        self, request_id: str, method: str, route: str, headers: list[Header], principal: Principal | None = None
    ) -> Passage:
        """The passage of a request that has come."""
        trace = None if self.tracing is None else self.tracing.begin(request_id, method, route, headers)
        tenant, key_id = (None, None) if principal is None else (principal.tenant, principal.key_id)
        return Passage(request_id, method, route, time.perf_counter(), tenant, key_id, trace)

    def leave(self, passage: Passage, status: int, n_bytes: int) -> None:
        """The request has its answer."""
        if passage.trace is not None:
            passage.trace.end(status)
        if self.logs_access:
            milliseconds = round((time.perf_counter() - passage.began) * 1e3, 3)
            event = {
                "method": passage.method,
                "route": passage.route,
                "status": status,
                "duration_ms": milliseconds,
                "bytes": n_bytes,
            }
            requests.info("request", extra={"passage": passage, "event": event})

    def close(self) -> None:
        """Export what waits."""
        if self.tracing is not None:
            self.tracing.close()


def open_watch(settings: Settings) -> Watch:
    """A watch as the settings have it.

    Raises:
        TracesUnavailableError: Traces are asked for and cannot be exported.

    """
    return Watch(open_tracing(settings), settings.access_log)


@contextmanager
def under(passage: Passage) -> Iterator[None]:
    """Make it the current one for what happens inside, and for tasks that are started there."""
    token = CURRENT.set(passage)
    try:
        yield
    finally:
        CURRENT.reset(token)
