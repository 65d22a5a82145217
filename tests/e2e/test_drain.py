"""SIGTERM: readiness turns false, what was accepted is answered, and every decision is in the log."""

import sqlite3
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Server

pytestmark = pytest.mark.e2e
N_CLIENTS = 8
N_TEXTS = 8


def recorded(server: Server) -> set[str]:
    with sqlite3.connect(server.database) as connection:
        return {row[0] for row in connection.execute("SELECT decision_id FROM decisions")}


def post_until_refused(server: Server) -> tuple[set[str], list[int]]:
    """Post over and over until the server no longer accepts connections; ids of decisions, and all statuses."""
    ids: set[str] = set()
    statuses: list[int] = []
    body = {"items": [{"text": f"text number {index} of this request"} for index in range(N_TEXTS)]}
    while True:
        try:
            # A connection for each request. One that waits in the socket's backlog when the server goes was never
            # accepted: it breaks, and must not be in the log either.
            response = httpx.post(f"{server.url}/v1/decisions", json=body, timeout=60)
        except httpx.TransportError:
            return ids, statuses
        statuses.append(response.status_code)
        ids.update(result["decision_id"] for result in response.json()["results"] if result["outcome"] == "decided")


def test_sigterm_answers_what_was_accepted_and_records_it(start: Callable[..., Server]) -> None:
    server = start()
    with ThreadPoolExecutor(N_CLIENTS) as pool:
        clients = [pool.submit(post_until_refused, server) for _ in range(N_CLIENTS)]
        time.sleep(2)
        assert server.stop() == 0
        results = [client.result(60) for client in clients]
    statuses = [status for _, found in results for status in found]
    ids = {decision for found, _ in results for decision in found}
    assert set(statuses) == {200}
    assert len(ids) == N_TEXTS * len(statuses)
    assert ids == recorded(server)
    assert "could not be written" not in server.printed()


def test_readiness_turns_false_before_the_socket_closes(start: Callable[..., Server]) -> None:
    server = start(WEIR_DRAIN_DELAY_MS="3000", WORKERS="1")
    server.process.terminate()
    seen: list[int] = []
    while server.process.poll() is None:
        try:
            seen.append(httpx.get(f"{server.url}/readyz", timeout=5).status_code)
        except httpx.TransportError:
            break
        time.sleep(0.05)
    assert server.process.wait(60) == 0
    assert 503 in seen
    assert seen == sorted(seen)


def workers_of(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(line) for line in found.split()]


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_workers_follow_a_killed_supervisor_and_the_log_survives(start: Callable[..., Server]) -> None:
    first = start()
    assert httpx.post(f"{first.url}/v1/moderations", json={"input": "one"}, timeout=60).status_code == 200
    workers = workers_of(first.process.pid)
    assert len(workers) == 2
    first.process.kill()
    first.process.wait(60)
    while any(map(runs, workers)):
        time.sleep(0.1)
    second = start(WORKERS="1")
    assert httpx.post(f"{second.url}/v1/moderations", json={"input": "one"}, timeout=60).status_code == 200
    second.stop()
    with sqlite3.connect(second.database) as connection:
        digests = connection.execute("SELECT content_digest FROM decisions").fetchall()
    assert len(digests) == 2
    assert digests[0] == digests[1]
