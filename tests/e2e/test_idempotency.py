"""Idempotency keys against real workers: one decision a key, from many clients at once and over a killed server."""

import asyncio
import os
import signal
import sqlite3
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.conftest import Server
from tests.e2e.test_drain import runs, workers_of

pytestmark = pytest.mark.e2e
N_DUPLICATES = 1_000
N_CONNECTIONS = 64


def recorded(server: Server, name: str) -> list[str]:
    with sqlite3.connect(server.database) as connection:
        rows = connection.execute("SELECT decision_id FROM decisions WHERE content_id = ?", (name,)).fetchall()
    return [row[0] for row in rows]


async def post_duplicates(server: Server, key: str) -> list[httpx.Response]:
    limits = httpx.Limits(max_connections=N_CONNECTIONS, max_keepalive_connections=N_CONNECTIONS)
    async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=120) as client:
        body, headers = {"items": [{"id": key, "text": "a text that comes very often"}]}, {"idempotency-key": key}
        posts = (client.post("/v1/decisions", json=body, headers=headers) for _ in range(N_DUPLICATES))
        return list(await asyncio.gather(*posts))


def test_a_thousand_duplicates_of_one_key_are_one_decision(server: Server) -> None:
    key = str(uuid.uuid4())
    answers = asyncio.run(post_duplicates(server, key))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert recorded(server, key) == [answers[0].json()["results"][0]["decision_id"]]


def post_all(server: Server, keys: list[str]) -> dict[str, str]:
    """Decisions by key, of those requests that were answered."""
    found: dict[str, str] = {}
    for key in keys:
        body, headers = {"items": [{"id": key, "text": "one of many texts"}]}, {"idempotency-key": key}
        try:
            answer = httpx.post(f"{server.url}/v1/decisions", json=body, headers=headers, timeout=60)
        except httpx.TransportError:
            continue
        found[key] = answer.json()["results"][0]["decision_id"]
    return found


def test_over_a_killed_server_every_key_has_one_decision(start: Callable[..., Server]) -> None:
    first = start()
    keys = [[str(uuid.uuid4()) for _ in range(100)] for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        posting = [pool.submit(post_all, first, some) for some in keys]
        while len(recorded_all(first)) < 30:
            time.sleep(0.05)
        kill_all(first)
        before = {key: decision for done in posting for key, decision in done.result(120).items()}
    second = start()
    with ThreadPoolExecutor(4) as pool:
        after = {
            key: found for done in pool.map(lambda some: post_all(second, some), keys) for key, found in done.items()
        }
    assert len(after) == 400
    assert {key: after[key] for key in before} == before
    assert sorted(recorded_all(second)) == sorted(after.values())


def kill_all(server: Server) -> None:
    """SIGKILL to the server and every worker, in the middle of whatever they do."""
    workers = workers_of(server.process.pid)
    for pid in (server.process.pid, *workers):
        os.kill(pid, signal.SIGKILL)
    server.process.wait(60)
    while any(map(runs, workers)):
        time.sleep(0.05)


def recorded_all(server: Server) -> list[str]:
    with sqlite3.connect(server.database) as connection:
        return [row[0] for row in connection.execute("SELECT decision_id FROM decisions").fetchall()]
