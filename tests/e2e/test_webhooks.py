"""Webhooks of a real server that is killed: no decision that was recorded stays untold."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from service.webhooks.signing import verify
from tests.e2e.conftest import Server
from tests.e2e.test_drain import runs, workers_of
from tests.service.webhooks.receiver import Receiver, open_receiver

pytestmark = pytest.mark.e2e
LONGEST_S = 180
N_REQUESTS = 100


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as receiver:
        yield receiver


def recorded(server: Server) -> set[str]:
    with sqlite3.connect(server.database) as connection:
        return {row[0] for row in connection.execute("SELECT decision_id FROM decisions")}


def post(server: Server) -> None:
    body = {"items": [{"text": f"text {number}"} for number in range(4)]}
    for _ in range(N_REQUESTS):
        try:
            httpx.post(f"{server.url}/v1/decisions", json=body, timeout=60)
        except httpx.TransportError:
            return


def test_every_recorded_decision_is_told_over_a_killed_server(start: Callable[..., Server], receiver: Receiver) -> None:
    server = start(WEIR_WEBHOOK_ALLOW_PRIVATE="true")
    draft = {"url": receiver.url, "events": ["decision.made"], "min_action": "allow"}
    made = httpx.post(f"{server.url}/v1/webhooks", json=draft, timeout=60).json()
    time.sleep(2)  # the other worker hears of the endpoint within about a second
    receiver.statuses = [500] * 10 + [200]
    with ThreadPoolExecutor(2) as pool:
        posting = [pool.submit(post, server) for _ in range(2)]
        while len(receiver.messages) < 40:
            time.sleep(0.05)
        workers = workers_of(server.process.pid)
        for pid in (server.process.pid, *workers):
            os.kill(pid, signal.SIGKILL)
        server.process.wait(60)
        for done in posting:
            done.result(120)
    while any(map(runs, workers)):
        time.sleep(0.05)
    server = start(WEIR_WEBHOOK_ALLOW_PRIVATE="true")
    until = time.monotonic() + LONGEST_S
    expected = recorded(server)
    while {message.data["decision_id"] for message in receiver.messages} < expected:
        assert time.monotonic() < until
        time.sleep(0.2)
    assert {message.data["decision_id"] for message in receiver.messages} == expected
    for message in receiver.messages:
        at_s = int(message.headers["webhook-timestamp"])
        verify(made["secret"], message.headers, message.body, at_s)
