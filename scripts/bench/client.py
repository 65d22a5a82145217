"""The load generator: keep-alive connections that each send the next request when an answer has come.

It shares the cores with the server it measures, so it does as little as possible: requests are serialised before
the run, answers are parsed by httptools, and bodies are kept only for the few requests whose answer is checked.
"""

import asyncio
import gc
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httptools

_RECONNECT_DELAY_S = 0.05
_WATCH_INTERVAL_S = 0.5


@dataclass(frozen=True)
class LoadPlan:
    """How to load a server.

    Attributes:
        concurrency: connections, each with one request in flight.
        warmup_s: time before the window opens; its latencies are dropped, its errors are not.
        seconds: length of the measured window.
        timeout_s: a request without an answer for this long is counted and its connection dropped.
        sampled: indices of requests whose answer is kept for checking.

    """

    concurrency: int
    warmup_s: float
    seconds: float
    timeout_s: float = 10.0
    sampled: frozenset[int] = frozenset()


@dataclass
class Tally:
    """What happened under one load.

    Attributes:
        latencies_ms: of the 2xx answers inside the window.
        window_s: measured length of the window.
        statuses: answers by HTTP status, warm-up included.
        connection_errors: connections refused, reset or closed in the middle of an answer, or not speaking HTTP.
        timeouts: requests that were given up.
        answers: bodies of the sampled requests by request index.
        client_cpu_s: processor time the generator itself used in the window.

    """

    latencies_ms: list[float] = field(default_factory=list)
    window_s: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    connection_errors: int = 0
    timeouts: int = 0
    answers: dict[int, bytes] = field(default_factory=dict)
    client_cpu_s: float = 0.0

    @property
    def non_2xx(self) -> int:
        """Answers with a status outside 200 to 299."""
        return sum(count for status, count in self.statuses.items() if not 200 <= status < 300)  # noqa: PLR2004

    @property
    def errors(self) -> int:
        """Everything that was not a 2xx answer."""
        return self.non_2xx + self.connection_errors + self.timeouts

    @property
    def requests_per_s(self) -> float:
        """2xx answers a second of the window."""
        return len(self.latencies_ms) / self.window_s if self.window_s else 0.0


def http_request(host: str, path: str, body: bytes) -> bytes:
    """One serialised POST of a JSON body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


class _Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request in flight."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._index: int | None = None
        self._sent_at = 0.0
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport) or hasattr(transport, "write"):
            self._transport = transport  # type: ignore[assignment]  # uvloop transports do not subclass asyncio's

    def send_next(self) -> None:
        """Send the next request of the shared order."""
        assert self._transport is not None  # noqa: S101
        self._index = next(self._load.order)
        self._sent_at = time.perf_counter()
        self._transport.write(self._load.requests[self._index])

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def on_body(self, body: bytes) -> None:
        """Called by the parser with a part of the body."""
        if self._index in self._load.plan.sampled:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser at the end of an answer."""
        if self._index is None:
            return
        elapsed_ms = (time.perf_counter() - self._sent_at) * 1000.0
        index, self._index = self._index, None
        self._load.record(index, self._parser.get_status_code(), elapsed_ms, self._body)
        if self._body:
            self._body = []
        if self._load.stopping or not self._parser.should_keep_alive():
            self.close()
        else:
            self.send_next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol has it
        was_in_flight, self._index = self._index is not None, None
        self._load.lost(self, was_in_flight=was_in_flight)

    def overdue(self, now: float, timeout_s: float) -> bool:
        """Whether a request has been in flight for longer than the timeout."""
        return self._index is not None and now - self._sent_at > timeout_s

    def give_up(self) -> None:
        """Forget the request in flight, so that the closing connection is not counted again."""
        self._index = None
        self.abort()

    def close(self) -> None:
        """Close after what was written."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()


class _Load:
    """One run: the connections, the shared order of requests, and the tally."""

    def __init__(self, host: str, port: int, requests: Sequence[bytes], plan: LoadPlan) -> None:
        self.requests = requests
        self.plan = plan
        self.order = itertools.cycle(range(len(requests)))
        self.stopping = False
        self.tally = Tally()
        self._address = (host, port)
        self._open: set[_Connection] = set()
        self._in_window = False
        self._tasks: set[asyncio.Task[None]] = set()

    def record(self, index: int, status: int, elapsed_ms: float, body: list[bytes]) -> None:
        """Count one answer."""
        self.tally.statuses[status] += 1
        if self._in_window and 200 <= status < 300:  # noqa: PLR2004
            self.tally.latencies_ms.append(elapsed_ms)
        if index in self.plan.sampled and index not in self.tally.answers:
            self.tally.answers[index] = b"".join(body)

    def lost(self, connection: _Connection, *, was_in_flight: bool) -> None:
        """Count a connection that ended in the middle of a request, and replace any that ended too early."""
        self._open.discard(connection)
        self.tally.connection_errors += was_in_flight
        if not self.stopping:
            self._replace()

    def _replace(self) -> None:
        task = asyncio.ensure_future(self._reconnect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> Tally:
        """Connect, warm up, measure, and wait for the answers still on their way."""
        connections = [await self._connect() for _ in range(self.plan.concurrency)]
        for connection in connections:
            if connection is None:
                self._replace()
            else:
                connection.send_next()
        watch = asyncio.ensure_future(self._watch())
        try:
            await asyncio.sleep(self.plan.warmup_s)
            await self._measure()
            await self._drain()
        finally:
            watch.cancel()
            for task in self._tasks:
                task.cancel()
        return self.tally

    async def _measure(self) -> None:
        cpu_start, start = time.process_time(), time.perf_counter()
        self._in_window = True
        await asyncio.sleep(self.plan.seconds)
        self._in_window = False
        self.tally.window_s = time.perf_counter() - start
        self.tally.client_cpu_s = time.process_time() - cpu_start

    async def _drain(self) -> None:
        self.stopping = True
        deadline = time.perf_counter() + self.plan.timeout_s
        while self._open and time.perf_counter() < deadline:
            await asyncio.sleep(0.01)
        for connection in list(self._open):
            self.tally.timeouts += 1
            connection.give_up()
        await asyncio.sleep(0)

    async def _connect(self) -> _Connection | None:
        loop = asyncio.get_running_loop()
        try:
            _, connection = await asyncio.wait_for(
                loop.create_connection(lambda: _Connection(self), *self._address), self.plan.timeout_s
            )
        except (OSError, TimeoutError):
            self.tally.connection_errors += 1
            return None
        self._open.add(connection)
        return connection

    async def _reconnect(self) -> None:
        while not self.stopping:
            await asyncio.sleep(_RECONNECT_DELAY_S)
            connection = await self._connect()
            if connection is not None:
                connection.send_next()
                return

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_INTERVAL_S)
            now = time.perf_counter()
            for connection in [entry for entry in self._open if entry.overdue(now, self.plan.timeout_s)]:
                self.tally.timeouts += 1
                connection.give_up()


async def apply_load(host: str, port: int, requests: Sequence[bytes], plan: LoadPlan) -> Tally:
    """Load a server and tell what happened.

    Args:
        host: address the server listens on.
        port: its port.
        requests: serialised requests, sent in this order by whichever connection is free, again and again.
        plan: how many at once, and for how long.

    """
    with _no_garbage_collection():
        return await _Load(host, port, requests, plan).run()


def run_load(host: str, port: int, requests: Sequence[bytes], plan: LoadPlan) -> Tally:
    """`apply_load` in an event loop of its own: uvloop's where it is installed."""
    with suppress(ImportError):
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(apply_load(host, port, requests, plan))
    return asyncio.run(apply_load(host, port, requests, plan))


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """A collection in the generator would show up as latency of the server."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
