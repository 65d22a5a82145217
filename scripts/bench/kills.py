"""`weir bench kills`: SIGKILL under load, over and over, and then look for every decision that a client was told of.

Each round starts the server on the same database, posts from several connections, and after a random moment kills every
process of it at once, wherever each is; in every second round one worker is killed before that, by itself, and its
supervisor replaces it under load. A decision counts as acknowledged when a client has
read the whole answer that names it.
"""

import contextlib
import http.client
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from sqlalchemy import Engine, func, select

from scripts.bench.corpus import load_texts
from scripts.bench.fleet import START_TIMEOUT_S, is_ready, launch, workspace
from scripts.bench.machine import Machine, describe_machine
from scripts.bench.processes import HOST, ServerProcess
from scripts.bench.report import machine_line
from scripts.bench.systems import WEIR
from service.accountability.verification import read_current_head, verify
from service.records.ledger import Head
from service.records.schema import open_database
from service.records.tables import decisions, ledger

SECTION = "weir bench kills"
N_CONNECTIONS = 8
N_TEXTS = 4
"""In one request."""
MAX_LOAD_S = 1.5
_ASK = 500

Advance = Callable[[str], None]


@dataclass(frozen=True)
class KillsReport:
    """What all rounds found.

    Attributes:
        n_kills: of the whole server.
        n_worker_kills: of one worker beside the others.
        n_acknowledged: decisions that a client was told of.
        n_lost: of these the ones that are not in the log.
        n_recorded: decisions in the log.
        n_broken: requests that got no whole answer because of a kill.
        n_refused: answers other than 200.
        chain_valid: after the last kill, with every head that was read between the kills in it.

    """

    machine: Machine
    n_workers: int
    n_kills: int
    n_worker_kills: int
    n_acknowledged: int
    n_lost: int
    n_recorded: int
    n_broken: int
    n_refused: int
    n_heads_lost: int
    chain_valid: bool
    n_entries: int
    seconds_taken: float

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


class Load:
    """Connections that post until they are told to stop; each starts anew when it breaks."""

    def __init__(self, port: int, texts: Sequence[str], seed: int) -> None:
        self._port = port
        self._texts = texts
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._post, args=(seed + n,)) for n in range(N_CONNECTIONS)]
        self._lock = threading.Lock()
        self.acknowledged: set[str] = set()
        self.n_broken = 0
        self.n_refused = 0

    def start(self) -> None:
        """Begin to post."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Post no more."""
        self._stopping.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _post(self, seed: int) -> None:
        rng = random.Random(seed)
        while not self._stopping.is_set():
            connection = http.client.HTTPConnection(HOST, self._port, timeout=10)
            try:
                while not self._stopping.is_set():
                    self._post_once(connection, rng)
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self.n_broken += 1
                time.sleep(0.02)
            finally:
                connection.close()

    def _post_once(self, connection: http.client.HTTPConnection, rng: random.Random) -> None:
        body = json.dumps({"items": [{"text": rng.choice(self._texts)} for _ in range(N_TEXTS)]})
        connection.request("POST", "/v1/decisions", body, {"content-type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        with self._lock:
            if response.status == http.HTTPStatus.OK:
                results = json.loads(content)["results"]
                self.acknowledged.update(one["decision_id"] for one in results if one["outcome"] == "decided")
            else:
                self.n_refused += 1


def run_kills(
    bundle: Path, n_kills: int, n_workers: int, advance: Advance, seed: int = 0, max_load_s: float = MAX_LOAD_S
) -> KillsReport:
    """Kill a server so many times.

    Args:
        bundle: that it serves.
        n_kills: of the whole server; half as many of single workers.
        n_workers: of the server.
        advance: told before each round.
        seed: of the moments and texts.
        max_load_s: longest time between the start of the load and a kill.

    Raises:
        scripts.bench.processes.ServerStartError: it did not start, or not again.

    """
    machine, begun, rng, texts = describe_machine(), time.monotonic(), random.Random(seed), load_texts()
    acknowledged: set[str] = set()
    n_lost = n_worker_kills = n_broken = n_refused = n_heads_lost = 0
    with workspace(bundle) as folder, contextlib.ExitStack() as stack:
        engine = open_database(f"sqlite:///{folder / WEIR.name}.db")
        stack.callback(engine.dispose)
        kept: list[Head] = []
        for number in range(n_kills):
            advance(f"kill {number + 1}")
            server = launch(WEIR, bundle, folder, n_workers)
            load = Load(server.port, texts, rng.randrange(2**32))
            try:
                server.wait_ready(lambda port: is_ready(WEIR, port), START_TIMEOUT_S)
                load.start()
                time.sleep(rng.uniform(0.1, max_load_s))
                if number % 2:
                    n_worker_kills += kill_one(server, rng)
                    time.sleep(rng.uniform(0.1, max_load_s))
            finally:
                kill_all(server)
                load.stop()
                server.stop()
            n_lost += len(load.acknowledged) - count_found(engine, sorted(load.acknowledged))
            acknowledged |= load.acknowledged
            n_broken += load.n_broken
            n_refused += load.n_refused
            found = read_current_head(engine)
            kept.append(Head(found.seq, bytes.fromhex(found.hash)))
        n_lost_in_the_end = len(acknowledged) - count_found(engine, sorted(acknowledged))
        report = verify(engine, kept[-1])
        n_heads_lost = sum(not is_in_chain(engine, head) for head in kept)
        return KillsReport(
            machine=machine,
            n_workers=n_workers,
            n_kills=n_kills,
            n_worker_kills=n_worker_kills,
            n_acknowledged=len(acknowledged),
            n_lost=max(n_lost, n_lost_in_the_end),
            n_recorded=report.n_decisions,
            n_broken=n_broken,
            n_refused=n_refused,
            n_heads_lost=n_heads_lost,
            chain_valid=report.valid and n_heads_lost == 0,
            n_entries=report.n_entries,
            seconds_taken=round(time.monotonic() - begun, 1),
        )


def kill_all(server: ServerProcess) -> None:
    """SIGKILL to the supervisor and every worker; it is stopped first, so that it starts nobody in between."""
    for pid in server.pids()[:1]:
        os.kill(pid, signal.SIGSTOP)
    pids = server.pids()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid) for pid in pids[1:] if psutil.pid_exists(pid)], timeout=10)


def kill_one(server: ServerProcess, rng: random.Random) -> int:
    """SIGKILL to one worker; how many there were to kill, 1 or 0."""
    workers = server.pids()[1:]
    if not workers:
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(rng.choice(workers), signal.SIGKILL)
    return 1


def count_found(engine: Engine, ids: Sequence[str]) -> int:
    """How many of these decisions are in the log."""
    n_found = 0
    with engine.connect() as connection:
        for start in range(0, len(ids), _ASK):
            mine = decisions.c.decision_id.in_(ids[start : start + _ASK])
            n_found += connection.execute(select(func.count()).select_from(decisions).where(mine)).scalar_one()
    return n_found


def is_in_chain(engine: Engine, head: Head) -> bool:
    """Whether the ledger has this entry with this hash."""
    with engine.connect() as connection:
        found = connection.execute(select(ledger.c.hash).where(ledger.c.seq == head.seq)).scalar()
    return head.seq == 0 or (found is not None and bytes(found) == head.hash)


def kills_section(report: KillsReport) -> str:
    """The Markdown section."""
    method = (
        f"`weir bench kills --kills {report.n_kills}`: {report.n_workers} workers on one SQLite file, load from "
        f"{N_CONNECTIONS} connections with {N_TEXTS} texts a request. In each round every process of the server gets "
        "SIGKILL after a random moment, in every second round one worker before that, by itself. A decision counts as "
        "acknowledged when a client has read the whole answer that names it. After all rounds every one of them is "
        "looked up, and the chain is verified as `weir audit verify` does it. "
        f"It took {report.seconds_taken / 60:.0f} minutes."
    )
    rows = (
        ("kills of the whole server", f"{report.n_kills}"),
        ("kills of one worker", f"{report.n_worker_kills}"),
        ("acknowledged decisions", f"{report.n_acknowledged:,}"),
        ("of these missing in the log", f"{report.n_lost}"),
        ("decisions in the log (the rest were never acknowledged)", f"{report.n_recorded:,}"),
        ("requests broken off by a kill", f"{report.n_broken:,}"),
        ("answers other than 200", f"{report.n_refused:,}"),
        ("entries of the chain that were verified", f"{report.n_entries:,}"),
        ("heads read between kills that are not in the chain", f"{report.n_heads_lost}"),
        ("chain", "valid" if report.chain_valid else "NOT valid"),
    )
    table = "\n".join(["| what | found |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows)])
    return "\n\n".join(["## Kills under load", method, machine_line(report.machine), table])
