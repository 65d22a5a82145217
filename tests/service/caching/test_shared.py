"""Redis behind the memory of a worker: shared by workers, never in the way, and nobody can make up scores in it."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fakeredis import FakeAsyncRedis, FakeServer, TcpFakeServer

from service.caching.shared import PREFIX, CacheUnavailableError, SharedScores, open_shared
from service.ticket import Scored
from tests.service.caching.test_texts import Bench, plain

SECRET = b"s" * 32


def shared(server: FakeServer, secret: bytes = SECRET, timeout_s: float = 5.0) -> SharedScores:
    return SharedScores(FakeAsyncRedis(server=server), secret, ttl_s=60, timeout_s=timeout_s)


async def _scored(server: FakeServer, *texts: str) -> tuple[Bench, list[object]]:
    """One worker of its own scores these texts."""
    bench = Bench(shared=shared(server))
    ticket = bench.submit(*texts)
    await bench.texts.drain()
    return bench, plain(ticket.outcomes)


def test_what_one_worker_scored_another_finds() -> None:
    async def scenario() -> None:
        server = FakeServer()
        first, answers = await _scored(server, "you", "idiot")
        second, again = await _scored(server, "idiot", "you", "lovely")
        assert again[:2] == answers[::-1]
        assert (first.n_scored, second.n_scored) == (2, 1)
        assert (second.seen.hits, second.seen.misses) == (2, 1)

    asyncio.run(scenario())


def test_nothing_in_redis_says_what_was_posted_and_everything_ends() -> None:
    async def scenario() -> None:
        server = FakeServer()
        await _scored(server, "secretmarker you")
        client: Any = FakeAsyncRedis(server=server)
        (name,) = await client.keys()
        assert name.startswith(PREFIX)
        assert b"secretmarker" not in name + await client.get(name)
        assert 0 < await client.ttl(name) <= 60

    asyncio.run(scenario())


def test_a_hundred_identical_texts_at_once_ask_redis_once_and_are_scored_once() -> None:
    async def scenario() -> None:
        bench = Bench(shared=shared(FakeServer()))
        for _ in range(100):
            bench.submit("you")
        await bench.texts.drain()
        assert (bench.n_scored, len(bench.told)) == (1, 100)
        assert (bench.seen.misses, bench.seen.coalesced) == (1, 99)

    asyncio.run(scenario())


@pytest.mark.parametrize("made_up", [b"", b"x" * 16, b"x" * 200])
def test_a_value_that_somebody_made_up_or_damaged_is_not_believed(made_up: bytes) -> None:
    async def scenario() -> None:
        server = FakeServer()
        _, answers = await _scored(server, "you")
        client: Any = FakeAsyncRedis(server=server)
        (name,) = await client.keys()
        await client.set(name, made_up)
        bench, again = await _scored(server, "you")
        assert again == answers
        assert bench.n_scored == 1

    asyncio.run(scenario())


def test_a_value_of_another_text_is_not_believed() -> None:
    async def scenario() -> None:
        server = FakeServer()
        await _scored(server, "you")
        client: Any = FakeAsyncRedis(server=server)
        (name,) = await client.keys()
        value = await client.get(name)
        await _scored(server, "idiot")
        for other in await client.keys():
            await client.set(other, value)
        bench, again = await _scored(server, "idiot")
        assert bench.n_scored == 1
        assert again[0][0] == bench.scorer.score("idiot")  # type: ignore[index]

    asyncio.run(scenario())


def test_a_redis_that_is_gone_is_a_miss_and_is_counted_and_said_without_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> Bench:
        server = FakeServer()
        server.connected = False
        bench, answers = await _scored(server, "secretmarker you", "idiot")
        assert len(answers) == 2
        return bench

    with caplog.at_level(logging.WARNING):
        bench = asyncio.run(scenario())
    assert (bench.n_scored, bench.seen.errors, bench.seen.misses) == (2, 2, 0)
    assert "the shared cache failed" in caplog.text
    assert "secretmarker" not in caplog.text


def test_after_an_error_nobody_waits_for_redis_for_a_while() -> None:
    async def scenario() -> None:
        server = FakeServer()
        server.connected = False
        bench = Bench(shared=shared(server))
        bench.submit("you")
        await bench.batcher.drain()
        while not bench.told:
            await asyncio.sleep(0.001)
        bench.submit("idiot")
        await bench.texts.drain()
        assert (bench.seen.errors, bench.seen.misses) == (1, 1)

    asyncio.run(scenario())


def test_a_redis_that_does_not_answer_is_given_up() -> None:
    class Silent:
        async def mget(self, keys: object) -> list[bytes | None]:
            await asyncio.sleep(600)
            return []

        def pipeline(self, transaction: bool = False) -> Any:
            raise ConnectionError

        async def aclose(self) -> None:
            await asyncio.sleep(600)

    async def scenario() -> None:
        bench = Bench(shared=SharedScores(Silent(), SECRET, 60, timeout_s=0.01))
        ticket = bench.submit("you")
        await bench.texts.drain()
        assert isinstance(ticket.outcomes[0], Scored)
        assert bench.seen.errors == 1

    asyncio.run(scenario())


@pytest.fixture
def address() -> Iterator[str]:
    """Something that speaks Redis on a socket."""
    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_real_client_finds_over_a_socket_what_another_put_there(address: str) -> None:
    async def scenario() -> None:
        for n_scored in (1, 0):
            bench = Bench(shared=open_shared(address, SECRET, 60, 5.0))
            bench.submit("you")
            await bench.texts.drain()
            assert (bench.n_scored, bench.seen.errors) == (n_scored, 0)

    asyncio.run(scenario())


def test_the_real_client_gives_up_at_once_where_nobody_listens() -> None:
    async def scenario() -> None:
        bench = Bench(shared=open_shared("redis://127.0.0.1:9/0", SECRET, 60, 5.0))
        bench.submit("you")
        await bench.texts.drain()
        assert (bench.n_scored, bench.seen.errors) == (1, 1)

    asyncio.run(scenario())


def test_an_address_that_is_none_is_refused_without_quoting_it() -> None:
    with pytest.raises(CacheUnavailableError) as refused:
        open_shared("nonsense://secretmarker", SECRET, 60, 0.05)
    assert "secretmarker" not in str(refused.value)
