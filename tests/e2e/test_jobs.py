"""Jobs on real workers that are killed on the way: every item gets exactly one decision."""

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from scripts.cli import app
from tests.e2e.conftest import Server
from tests.e2e.test_drain import runs, workers_of

pytestmark = pytest.mark.e2e
N_ITEMS = 800
N_KILLS = 3
LONGEST_S = 240


def lines(n_items: int) -> bytes:
    texts = ("you are a lovely person", "nobody wants you here, idiot", "selling my old bicycle, hardly used")
    items = ({"id": f"item-{n}", "text": f"{texts[n % 3]} {n}"} for n in range(n_items))
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def submit(server: Server, content: bytes) -> str:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        job_id: str = client.post("/v1/jobs", json={"name": "killed on the way"}).json()["job_id"]
        assert client.put(f"/v1/jobs/{job_id}/input", content=content).status_code == 200
        assert client.post(f"/v1/jobs/{job_id}/start").json()["n_items"] == content.count(b"\n")
    return job_id


def job(server: Server, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{server.url}/v1/jobs/{job_id}", timeout=60).json()
    return found


def wait_for(server: Server, job_id: str, n_done: int) -> dict[str, Any]:
    until = time.monotonic() + LONGEST_S
    while (found := job(server, job_id))["n_decided"] < n_done and found["state"] in ("queued", "running"):
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found


def kill_all(server: Server) -> None:
    workers = workers_of(server.process.pid)
    for pid in (server.process.pid, *workers):
        os.kill(pid, signal.SIGKILL)
    server.process.wait(60)
    while any(map(runs, workers)):
        time.sleep(0.05)


def decided(server: Server) -> Counter[str]:
    """How many decisions each item of a job has."""
    with sqlite3.connect(server.database) as connection:
        return Counter(row[0] for row in connection.execute("SELECT content_id FROM decisions WHERE surface = 'jobs'"))


def all_results(server: Server, job_id: str) -> Iterator[dict[str, Any]]:
    with httpx.stream("GET", f"{server.url}/v1/jobs/{job_id}/results", timeout=120) as answer:
        for line in answer.iter_lines():
            yield json.loads(line)


def test_a_job_survives_kills_and_gives_every_item_one_decision(start: Callable[..., Server]) -> None:
    server = start()
    job_id = submit(server, lines(N_ITEMS))
    for kill in range(1, N_KILLS + 1):
        wait_for(server, job_id, kill * N_ITEMS // (N_KILLS + 4))
        kill_all(server)
        server = start()
        assert job(server, job_id)["state"] == "running"
    ended = wait_for(server, job_id, N_ITEMS)
    assert (ended["n_decided"], ended["n_failed"]) == (N_ITEMS, 0)
    found = list(all_results(server, job_id))
    assert [line["index"] for line in found] == list(range(N_ITEMS))
    assert [line["content_id"] for line in found] == [f"item-{n}" for n in range(N_ITEMS)]
    assert decided(server) == Counter(f"item-{n}" for n in range(N_ITEMS))


def test_live_requests_are_never_refused_because_of_a_job(start: Callable[..., Server]) -> None:
    server = start(WEIR_MAX_QUEUE_ITEMS="8")
    job_id = submit(server, lines(1_000))

    def ask(number: int) -> int:
        items = [{"text": f"live text {number}"} for _ in range(8)]
        return httpx.post(f"{server.url}/v1/decisions", json={"items": items}, timeout=60).status_code

    statuses = []
    while job(server, job_id)["state"] != "finished" and len(statuses) < 300:
        statuses.append(ask(len(statuses)))
    assert set(statuses) == {200}
    assert wait_for(server, job_id, 1_000)["n_decided"] == 1_000


def test_a_stopped_server_hands_its_job_on_at_once(start: Callable[..., Server]) -> None:
    server = start()
    job_id = submit(server, lines(1_000))
    wait_for(server, job_id, 200)
    assert server.stop() == 0, server.printed()
    with sqlite3.connect(server.database) as connection:
        state, lease = connection.execute("SELECT state, lease_until_us FROM jobs").fetchone()
    assert (state, lease) == ("running", 0)
    server = start()
    wait_for(server, job_id, 1_000)
    assert decided(server) == Counter(f"item-{n}" for n in range(1_000))
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: job(server, job_id)["state"], range(2))) == ["finished"] * 2


def weir(server: Server, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--url", server.url])


def test_the_command_sends_a_file_waits_and_writes_the_results(server: Server, tmp_path: Path) -> None:
    file, out = tmp_path / "comments.jsonl", tmp_path / "results.jsonl"
    file.write_bytes(lines(50) + b"nonsense\n")
    done = weir(server, "jobs", "submit", str(file), "--wait", "--out", str(out), "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["state"], found["n_decided"], found["n_failed"]) == ("finished", 50, 1)
    assert len(out.read_bytes().splitlines()) == 51
    again = weir(server, "jobs", "results", found["job_id"], "--start", "50")
    assert json.loads(again.stdout)["code"] == "invalid_json"
    assert found["job_id"] in weir(server, "jobs", "list", "--json").stdout
    assert weir(server, "jobs", "cancel", found["job_id"]).exit_code == 0
    assert weir(server, "jobs", "delete", found["job_id"]).exit_code == 0
    gone = weir(server, "jobs", "status", found["job_id"])
    assert (gone.exit_code, "not_found" in gone.stderr) == (2, True)


def test_a_server_that_is_not_there_is_one_red_line() -> None:
    done = CliRunner().invoke(app, ["jobs", "list", "--url", "http://127.0.0.1:9"])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
