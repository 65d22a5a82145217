"""The load generator against small real servers."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httptools
import pytest

from scripts.bench.client import LoadPlan, http_request, run_load

BODY = b'{"ok":true}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + BODY


class _Scripted(asyncio.Protocol):
    """Answers the n-th request of the server with what the script says about n."""

    def __init__(self, script, seen):
        self.script, self.seen = script, seen
        self.parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_body(self, body):
        self.seen.append(body)

    def on_message_complete(self):
        answer = self.script(len(self.seen))
        if answer is None:
            self.transport.close()
        elif answer:
            self.transport.write(answer)


@contextmanager
def scripted_server(script) -> Iterator[tuple[int, list[bytes]]]:
    """A server in a thread of its own; yields its port and the bodies it was sent."""
    seen: list[bytes] = []
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: _Scripted(script, seen), "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1], seen
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def plan(**changes) -> LoadPlan:
    return LoadPlan(**{"concurrency": 4, "warmup_s": 0.05, "seconds": 0.3, "timeout_s": 1.0, **changes})


REQUESTS = [http_request("127.0.0.1", "/", body) for body in (b'"a"', b'"b"', b'"c"')]


def test_answers_are_counted_and_their_latencies_recorded():
    with scripted_server(lambda _: OK) as (port, seen):
        tally = run_load("127.0.0.1", port, REQUESTS, plan())
    assert tally.errors == 0
    assert tally.statuses[200] == len(seen)
    assert 0 < len(tally.latencies_ms) <= tally.statuses[200]
    assert all(latency > 0.0 for latency in tally.latencies_ms)
    assert tally.requests_per_s == len(tally.latencies_ms) / tally.window_s


def test_requests_are_sent_in_their_order_again_and_again():
    with scripted_server(lambda _: OK) as (port, seen):
        run_load("127.0.0.1", port, REQUESTS, plan(concurrency=1))
    assert seen[:5] == [b'"a"', b'"b"', b'"c"', b'"a"', b'"b"']


def test_answers_outside_2xx_are_errors_and_not_throughput():
    refusal = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    with scripted_server(lambda n: OK if n % 2 else refusal) as (port, _):
        tally = run_load("127.0.0.1", port, REQUESTS, plan())
    assert tally.non_2xx == tally.statuses[503] > 0
    assert len(tally.latencies_ms) <= tally.statuses[200]


def test_a_connection_closed_in_the_middle_is_counted_and_replaced():
    with scripted_server(lambda n: None if n == 3 else OK) as (port, seen):
        tally = run_load("127.0.0.1", port, REQUESTS, plan(concurrency=1))
    assert tally.connection_errors == 1
    assert len(seen) > 3


def test_an_answer_that_asks_to_close_is_no_error():
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\n" + BODY
    with scripted_server(lambda _: closing) as (port, seen):
        tally = run_load("127.0.0.1", port, REQUESTS, plan(concurrency=1))
    assert tally.errors == 0
    assert len(seen) > 1


def test_bytes_that_are_not_http_are_connection_errors():
    with scripted_server(lambda _: b"what?\r\n\r\n") as (port, _):
        tally = run_load("127.0.0.1", port, REQUESTS, plan())
    assert tally.connection_errors > 0
    assert not tally.latencies_ms


def test_silence_is_a_timeout_and_the_run_still_ends():
    with scripted_server(lambda _: b"") as (port, _):
        tally = run_load("127.0.0.1", port, REQUESTS, plan(concurrency=2, timeout_s=0.1, seconds=0.8))
    assert tally.timeouts >= 2
    assert tally.requests_per_s == 0.0


def test_a_server_that_is_not_there_is_an_error():
    with scripted_server(lambda _: OK) as (port, _):
        pass
    tally = run_load("127.0.0.1", port, REQUESTS, plan(concurrency=1))
    assert tally.connection_errors > 0


@pytest.mark.parametrize("encoding", ["length", "chunked"])
def test_bodies_of_sampled_requests_are_kept_whole(encoding):
    chunked = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"ok\r\n7\r\n":true}\r\n0\r\n\r\n'
    with scripted_server(lambda _: OK if encoding == "length" else chunked) as (port, _):
        tally = run_load("127.0.0.1", port, REQUESTS, plan(sampled=frozenset({1})))
    assert tally.answers == {1: BODY}
