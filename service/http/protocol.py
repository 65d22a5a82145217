"""A shortcut through uvicorn's HTTP protocol for product routes.

uvicorn builds a scope, an event, a request-response cycle and a task for every request, and writes the head and the
body of the response separately; with the adapter to ASGI that is half of what a request costs outside the model. This
protocol is uvicorn's own, with one exception: a request for a product path on an idle connection is collected and
handed to the API in place, and its response leaves in one write. Everything else (pipelined requests, upgrades,
`Expect`, other paths, timeouts, shutdown) is uvicorn's, through the ASGI application, with the same answers.

It also knows what ASGI cannot tell without another task: whether the client is still there.
"""

from typing import Any, Final

from uvicorn.protocols.http import auto

from service.errors import RequestError
from service.http.api import Admitted, Api
from service.http.asgi import ProductApp
from service.http.envelopes import write_error
from service.http.guarding import STATUS_LINES, GuardedProtocol
from service.http.messages import Request, Response

_NO_CONTENT: Final = 204


class _NoEvent:
    """Stands where uvicorn's cycle has an event to wake the application, which nobody waits for here."""

    def set(self) -> None:
        """Nothing to wake."""


_NO_EVENT: Final = _NoEvent()


class Exchange:
    """One request and its response on one connection; has what uvicorn's protocol asks of a cycle."""

    __slots__ = (
        "_protocol",
        "admitted",
        "body",
        "claimed",
        "disconnected",
        "headers",
        "keep_alive",
        "message_event",
        "method",
        "path",
        "query",
        "refused",
        "response_complete",
    )

    def __init__(
        self,
        protocol: "ProductProtocol",
        method: str,
        path: str,
        query: bytes,
        headers: list[tuple[bytes, bytes]],
        keep_alive: bool,  # noqa: FBT001
    ) -> None:
        self._protocol = protocol
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.keep_alive = keep_alive
        self.body: bytes | bytearray = b""
        self.claimed = 0
        """Bytes of the budget that a long body holds until the answer is there or the client has gone."""
        self.admitted: Admitted | None = None
        self.refused = False
        self.disconnected = False
        self.response_complete = False
        self.message_event = _NO_EVENT

    def is_abandoned(self) -> bool:
        """The client has closed the connection."""
        return self.disconnected

    def respond(self, response: Response) -> None:
        """Write the response in one piece and let the connection go on."""
        if self.response_complete:
            return
        self.response_complete = True
        if self.claimed:
            self.give_back()
        self.leave()
        protocol = self._protocol
        if self.disconnected or protocol.transport.is_closing():
            return
        parts = [STATUS_LINES[response.status]]
        for name, value in (*protocol.server_state.default_headers, *response.headers):
            parts += (name, b": ", value, b"\r\n")
        if response.status != _NO_CONTENT:
            parts += (b"content-length: ", str(len(response.body)).encode(), b"\r\n")
        parts.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        if self.method != "HEAD":
            parts.append(response.body)
        protocol.transport.write(b"".join(parts))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()

    def leave(self) -> None:
        """The request is over for the API, answered or not."""
        if self.admitted is not None:
            self.admitted.leave()

    def give_back(self) -> None:
        """Release what a long body holds, once."""
        api = self._protocol.product.api
        if api is not None:
            api.release(self.claimed)
        self.claimed = 0


class ProductProtocol(GuardedProtocol):
    """uvicorn's protocol with the shortcut. `install` binds it to one product."""

    paths: frozenset[bytes]

    def on_message_begin(self) -> None:
        """Collect only what the shortcut needs; uvicorn's scope is built when the request turns out to be its own."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self.begin_head()

    def on_headers_complete(self) -> None:
        """Take the shortcut, or hand over to uvicorn."""
        if not self.end_head():
            return
        api = self.product.api
        path, _, query = self.url.partition(b"?")
        cycle: Any = self.cycle
        idle = cycle is None or cycle.response_complete
        if (
            api is None
            or path not in self.paths
            or not idle
            or self.expect_100_continue
            or self.parser.should_upgrade()
        ):
            self._hand_over()
            return
        keep_alive = self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"
        method = self.parser.get_method().decode("ascii")
        exchange = Exchange(self, method, path.decode("ascii"), query, self.headers, keep_alive)
        self.cycle = exchange  # type: ignore[assignment]
        try:
            exchange.admitted = api.admit(method, exchange.path, self.headers, query, is_local=self.is_local)
        except RequestError as error:
            self._refuse(api, exchange, error)

    def on_body(self, body: bytes) -> None:
        """Collect the body, up to the limit."""
        exchange: Any = self.cycle
        if type(exchange) is not Exchange:
            self.waits_since = self.loop.time()  # a file may take as long as it comes
            if exchange is not None:
                super().on_body(body)
            return
        api = self.product.api
        if exchange.refused or api is None:
            return
        exchange.body = _joined(exchange.body, body) if exchange.body else body
        if len(exchange.body) > api.max_body_bytes:
            self._outgrow(api, exchange)

    def on_message_complete(self) -> None:
        """Answer a complete request."""
        exchange: Any = self.cycle
        self.waits_since = None
        if type(exchange) is not Exchange:
            if exchange is not None:
                super().on_message_complete()
            return
        api = self.product.api
        if exchange.refused or api is None or exchange.admitted is None:
            return
        request = Request(
            exchange.method, exchange.path, exchange.headers, exchange.body, exchange.is_abandoned, exchange.query
        )
        exchange.body = b""
        if exchange.claimed:  # what the body brings is claimed again by whoever takes it in, before anyone else can
            exchange.give_back()
        api.answer(exchange.admitted, request, exchange.respond)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, with whatever its request held."""
        exchange: Any = self.cycle
        if type(exchange) is Exchange:
            if exchange.claimed:
                exchange.give_back()
            exchange.leave()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """The client reads again: go on reading it."""
        super().resume_writing()
        self.flow.resume_reading()

    def pause_writing(self) -> None:
        """The client does not read its responses: take no more requests from it."""
        super().pause_writing()
        self.flow.pause_reading()

    def drop_cycle(self) -> None:
        """See `GuardedProtocol`: what an open request holds is given back, and what comes of it is dropped."""
        super().drop_cycle()
        cycle: Any = self.cycle
        if type(cycle) is Exchange:
            if cycle.claimed:
                cycle.give_back()
            cycle.leave()
        closed = Exchange(self, "", "", b"", [], keep_alive=False)
        closed.refused = closed.response_complete = closed.disconnected = True
        self.cycle = closed  # type: ignore[assignment]

    def _outgrow(self, api: Api, exchange: Exchange) -> None:
        """A body longer than most: only one that brings images, says its length and finds room is read on."""
        try:
            if not exchange.claimed:
                exchange.claimed = api.admit_long_body(exchange.path, exchange.headers)
            if len(exchange.body) > exchange.claimed:
                raise api.too_large(exchange.path)
        except RequestError as error:
            self._refuse(api, exchange, error)

    def _refuse(self, api: Api, exchange: Exchange, error: RequestError) -> None:
        """Answer before the body is complete; the rest of it is parsed and dropped."""
        exchange.refused = True
        exchange.body = b""
        passage = api.meet(exchange.method, exchange.path, exchange.headers)
        api.reply(passage, exchange.respond)(write_error(exchange.path, error))

    def _hand_over(self) -> None:
        """Give uvicorn the request as if it had collected it itself."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()


def _joined(body: bytes | bytearray, more: bytes) -> bytearray:
    """A long body grows in place: joining bytes anew for every piece would copy it over and over."""
    joined = body if isinstance(body, bytearray) else bytearray(body)
    joined += more
    return joined


def install(product: ProductApp, paths: frozenset[str]) -> None:
    """Make uvicorn use the shortcut for these paths of this product.

    BentoML's worker leaves the choice of the protocol to uvicorn (`http="auto"`), which looks it up under this name
    when the server starts. Without the shortcut everything works the same, slower.
    """
    encoded = frozenset(path.encode("ascii") for path in paths)
    auto.AutoHTTPProtocol = type("BoundProductProtocol", (ProductProtocol,), {"product": product, "paths": encoded})
