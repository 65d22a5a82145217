"""What uvicorn leaves without bounds: how long a head is, how long a request takes to come, how many may connect.

All of it costs one timer for all connections, and a few comparisons for a request.
"""

import asyncio
import http
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.access.exposure import is_loopback
from service.errors import RequestError
from service.http.asgi import ProductApp
from service.http.messages import error_response

STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in http.HTTPStatus
}
MAX_HEAD_BYTES: Final = 64 * 1024
"""Of a request's line and headers together; the parser would collect them without end."""
MAX_HEADERS: Final = 100
SWEEP_S: Final = 2.0
"""Between two looks for connections that keep a request back."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with bounds.

    Attributes:
        is_local: the connection came to an address that only this machine can reach.
        waits_since: since when the client keeps back what is missing of its request, on the loop's clock; None while
            it waits for the answer.
        in_head: a request has begun, and its head is not complete.

    """

    product: ProductApp
    sweeper: ClassVar[asyncio.TimerHandle | None] = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Look once where the connection came to, and turn it away when there are too many."""
        super().connection_made(transport)
        self.is_local = self.server is None or is_loopback(self.server[0])
        self.waits_since: float | None = self.loop.time()
        self.in_head = False
        self.n_head = 0
        api = self.product.api
        if api is not None and len(self.connections) > api.max_connections:
            self.hang_up(RequestError(503, "too_many_connections", "the worker holds as many connections as it may"))
        elif type(self).sweeper is None:
            type(self).sweeper = self.loop.call_later(SWEEP_S, self._sweep)

    def data_received(self, data: bytes) -> None:
        """Parse a piece; a head that does not end is refused."""
        super().data_received(data)
        if self.in_head:
            self.n_head += len(data)
            if self.n_head > MAX_HEAD_BYTES:
                self.hang_up(_head_too_large())

    def begin_head(self) -> None:
        """A request begins."""
        self.in_head = True
        self.n_head = 0
        self.waits_since = self.loop.time()

    def end_head(self) -> bool:
        """A head is complete: whether the request may go on."""
        self.in_head = False
        if self.transport.is_closing():  # what follows a refusal on the same connection is not looked at
            self.drop_cycle()
            return False
        n_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if n_bytes > MAX_HEAD_BYTES or len(self.headers) > MAX_HEADERS:
            self.hang_up(_head_too_large())
            return False
        return True

    def hang_up(self, error: RequestError) -> None:
        """Answer what is not a request that could be routed, if nothing was answered yet, and close the connection."""
        cycle: Any = self.cycle
        self.drop_cycle()
        if self.transport.is_closing():
            return
        if cycle is None or cycle.response_complete or not getattr(cycle, "response_started", False):
            response = error_response(error)
            parts = [STATUS_LINES[response.status]]
            for name, value in (*self.server_state.default_headers, *response.headers):
                parts += (name, b": ", value, b"\r\n")
            parts.append(b"content-length: %d\r\nconnection: close\r\n\r\n" % len(response.body))
            self.transport.write(b"".join([*parts, response.body]))
        self.transport.close()

    def drop_cycle(self) -> None:
        """Take nothing more from this connection; whoever works for it hears that the client has gone."""
        self.in_head = False
        cycle: Any = self.cycle
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()

    def give_up(self) -> None:
        """A request, or the rest of one, did not come in time."""
        cycle: Any = self.cycle
        if self.in_head or (cycle is not None and not cycle.response_complete):
            self.hang_up(RequestError(408, "request_timeout", "the request did not arrive in time"))
        else:  # nothing was asked, or it has its answer already
            self.drop_cycle()
            self.transport.close()

    def _sweep(self) -> None:
        """Give up the connections of this worker that have kept a request back for too long."""
        api = self.product.api
        type(self).sweeper = None
        if api is not None:
            limit = self.loop.time() - api.request_timeout_s
            for connection in [one for one in self.connections if isinstance(one, GuardedProtocol)]:
                if connection.waits_since is not None and connection.waits_since < limit:
                    connection.give_up()
        if self.connections:
            type(self).sweeper = self.loop.call_later(SWEEP_S, self._sweep)


def _head_too_large() -> RequestError:
    return RequestError(
        431, "head_too_large", f"a request's head has at most {MAX_HEAD_BYTES} bytes and {MAX_HEADERS} headers"
    )
