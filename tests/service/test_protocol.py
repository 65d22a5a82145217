"""The protocol's shortcut: byte streams however they arrive, connections that live on, and clients that leave."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine import Engine
from service.http.asgi import ProductApp
from service.ticket import Outcome, Ticket
from tests.service.conftest import open_server

BODY = b'{"input": "you lovely people"}'
HEAD = b"POST /v1/moderations HTTP/1.1\r\nhost: weir\r\ncontent-type: application/json\r\n"
POST = HEAD + b"content-length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"
LIVE = b"GET /livez HTTP/1.1\r\nhost: weir\r\n\r\n"
UNKNOWN = b"GET /nowhere HTTP/1.1\r\nhost: weir\r\n\r\n"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[list[int]]]


async def _response(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(head[0].split()[1]), headers, body


async def _converse(product: ProductApp, talk: Talk) -> list[int]:
    server, port = await open_server(product)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await asyncio.wait_for(talk(reader, writer), 20)
    finally:
        writer.close()
        server.close()


def converse(product: ProductApp, talk: Talk) -> list[int]:
    return asyncio.run(_converse(product, talk))


def statuses(product: ProductApp, stream: bytes, cuts: list[int], n: int) -> list[int]:
    """Send a stream in pieces, and read `n` responses."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        edges = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]
        for start, stop in pairwise(edges):
            writer.write(stream[start:stop])
            await writer.drain()
            await asyncio.sleep(0)
        return [(await _response(reader))[0] for _ in range(n)]

    return converse(product, talk)


@given(
    st.lists(st.sampled_from([(POST, 200), (CHUNKED, 200), (LIVE, 200), (UNKNOWN, 404)]), min_size=1, max_size=6),
    st.data(),
)
@settings(max_examples=40, deadline=None)
def test_requests_are_answered_in_order_however_they_arrive(
    product: ProductApp, requests: list[tuple[bytes, int]], data: st.DataObject
) -> None:
    stream = b"".join(request for request, _ in requests)
    cuts = data.draw(st.lists(st.integers(0, len(stream) - 1), max_size=6))
    assert statuses(product, stream, cuts, len(requests)) == [status for _, status in requests]


def test_one_connection_serves_many_requests(product: ProductApp) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        found = []
        for _ in range(20):
            writer.write(POST)
            found.append((await _response(reader))[0])
        return found

    assert converse(product, talk) == [200] * 20


def test_a_declared_body_over_the_limit_is_refused_before_it_is_sent(product: ProductApp) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        writer.write(HEAD + b"content-length: 99999999\r\n\r\n")
        return [(await _response(reader))[0]]

    assert converse(product, talk) == [413]


def test_after_an_early_refusal_the_connection_goes_on(product: ProductApp) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        writer.write(HEAD + b"content-length: 300000\r\n\r\n" + b"x" * 300_000)
        first = (await _response(reader))[0]
        writer.write(POST)
        return [first, (await _response(reader))[0]]

    assert converse(product, talk) == [413, 200]


def test_a_chunked_body_over_the_limit_is_refused_while_it_is_read(product: ProductApp) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        for _ in range(3):
            writer.write(b"%x\r\n" % 100_000 + b"x" * 100_000 + b"\r\n")
        first = (await _response(reader))[0]
        writer.write(b"0\r\n\r\n" + POST)
        return [first, (await _response(reader))[0]]

    assert converse(product, talk) == [413, 200]


def test_connection_close_is_respected(product: ProductApp) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        writer.write(LIVE.replace(b"host: weir", b"host: weir\r\nconnection: close"))
        status, headers, _ = await _response(reader)
        assert headers["connection"] == "close"
        assert await reader.read() == b""
        return [status]

    assert converse(product, talk) == [200]


def test_expect_continue_is_answered(product: ProductApp) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        writer.write(HEAD + b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(BODY))
        first = await reader.readuntil(b"\r\n\r\n")
        assert first.startswith(b"HTTP/1.1 100")
        writer.write(BODY)
        return [(await _response(reader))[0]]

    assert converse(product, talk) == [200]


def test_head_has_a_length_and_no_body(product: ProductApp) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        writer.write(LIVE.replace(b"GET", b"HEAD"))
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"content-length: 18" in head
        writer.write(LIVE)
        status, _, body = await _response(reader)
        assert json.loads(body) == {"status": "alive"}
        return [status]

    assert converse(product, talk) == [200]


def test_what_is_not_http_is_400_and_closed(product: ProductApp) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        status = (await _response(reader))[0]
        assert await reader.read() == b""
        return [status]

    assert converse(product, talk) == [400]


def test_a_client_that_leaves_takes_its_request_out_of_the_queue(product: ProductApp, engine: Engine) -> None:
    """The ticket is held back until the connection is closed; then the batcher must drop it unscored."""
    held: list[Ticket] = []
    submit = engine.batcher.submit

    async def scenario() -> tuple[bool, list[Outcome | None], int]:
        server, port = await open_server(product)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST)
        while not held:
            await asyncio.sleep(0.005)
        stayed = held[0].is_abandoned
        assert stayed is not None
        assert not stayed()
        writer.close()
        while not stayed():
            await asyncio.sleep(0.005)
        submit(held[0])
        await engine.batcher.drain()
        server.close()
        return stayed(), held[0].outcomes, engine.batcher.n_items

    engine.batcher.submit = held.append  # type: ignore[method-assign]
    try:
        assert asyncio.run(asyncio.wait_for(scenario(), 20)) == (True, [None], 0)
    finally:
        engine.batcher.submit = submit  # type: ignore[method-assign]
