"""Server processes: start one, wait until it answers, freeze it while others are measured, weigh it, end it.

Frozen (SIGSTOP to the whole tree) an idle server costs nothing, not even the polling that some do, so every system
can stay warm through an interleaved run.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

HOST = "127.0.0.1"
REPOSITORY = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
_POLL_INTERVAL_S = 0.02
_GRACE_S = 8.0
_SETTLE_INTERVAL_S = 0.25
_IDLE_SHARE = 0.5
_N_IDLE_CHECKS = 3
_LOG_TAIL_CHARS = 2000


class ServerStartError(Exception):
    """A server did not start; the message ends with the last lines it printed."""


@dataclass(frozen=True)
class Memory:
    """Memory of a process tree in MiB.

    Attributes:
        peak_rss_mb: sum of every process's highest resident size; pages that processes share count for each.
        pss_mb: sum of proportional sizes when weighed; shared pages are divided between those who share them.
        rss_mb: sum of resident sizes when weighed; shared pages count for each.

    """

    peak_rss_mb: float
    pss_mb: float
    rss_mb: float = 0.0


def free_port() -> int:
    """A TCP port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_answering(port: int, method: str, path: str, body: bytes | None = None, timeout_s: float = 2.0) -> bool:
    """Whether a request gets a 2xx answer."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        connection.request(method, path, body=body, headers={"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return 200 <= response.status < 300  # noqa: PLR2004
    finally:
        connection.close()


def process_memory(pids: Sequence[int]) -> Memory:
    """Weigh processes; one that is gone weighs nothing."""
    peak_kib, pss_kib, rss_kib = 0, 0, 0
    for pid in pids:
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text()
            peak_kib += _status_kib(status, "VmHWM:")
            rss_kib += _status_kib(status, "VmRSS:")
            pss_kib += _status_kib(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss:")
    return Memory(peak_rss_mb=peak_kib / 1024, pss_mb=pss_kib / 1024, rss_mb=rss_kib / 1024)


def _status_kib(report: str, key: str) -> int:
    for line in report.splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    return 0


class ServerProcess:
    """A server and the processes it started."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", port: int, log_path: Path) -> None:
        self.name = name
        self.port = port
        self._process = process
        self._log_path = log_path
        self._frozen: set[int] = set()

    def pids(self) -> list[int]:
        """The process and its descendants, parents before children."""
        try:
            root = psutil.Process(self._process.pid)
            return [root.pid, *(child.pid for child in root.children(recursive=True))]
        except psutil.NoSuchProcess:
            return []

    def memory(self) -> Memory:
        """Weigh the whole tree."""
        return process_memory(self.pids())

    def cpu_s(self) -> float:
        """Processor seconds used so far by the processes that are alive."""
        used = 0.0
        for pid in self.pids():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = psutil.Process(pid).cpu_times()
                used += times.user + times.system
        return used

    def wait_ready(self, is_ready: Callable[[int], bool], timeout_s: float) -> float:
        """Poll until the server answers; the seconds it took.

        Raises:
            ServerStartError: it exited, or took longer than the timeout.

        """
        start = time.perf_counter()
        while time.perf_counter() - start < timeout_s:
            if self._process.poll() is not None:
                raise ServerStartError(f"{self.name} exited with status {self._process.returncode}:\n{self.log_tail()}")
            if is_ready(self.port):
                return time.perf_counter() - start
            time.sleep(_POLL_INTERVAL_S)
        raise ServerStartError(f"{self.name} did not answer within {timeout_s:.0f} s:\n{self.log_tail()}")

    def settle(self, timeout_s: float = 5.0) -> None:
        """Wait until the tree is nearly idle: one worker may answer while the others still start."""
        deadline = time.perf_counter() + timeout_s
        n_idle, before = 0, self.cpu_s()
        while n_idle < _N_IDLE_CHECKS and time.perf_counter() < deadline:
            time.sleep(_SETTLE_INTERVAL_S)
            now = self.cpu_s()
            n_idle = n_idle + 1 if now - before < _IDLE_SHARE * _SETTLE_INTERVAL_S else 0
            before = now

    def freeze(self) -> None:
        """Stop every process of the tree where it is; a supervisor first, so that it misses nobody."""
        pids = self.pids()
        self._frozen = set(pids)
        _signal_all(pids, signal.SIGSTOP)

    def n_lost(self) -> int:
        """Processes that were there when it was last frozen and are gone: a worker that died, whoever replaced it."""
        return len(self._frozen - set(self.pids()))

    def thaw(self) -> None:
        """Let a frozen tree go on; children first, so that they answer when their supervisor looks."""
        _signal_all(self.pids()[::-1], signal.SIGCONT)

    def stop(self) -> None:
        """End the tree: politely, then not. Never raises, so that every server of a run gets its turn."""
        pids = self.pids()
        self.thaw()
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_GRACE_S)
        _kill_remaining(pids)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_GRACE_S)
        self._log_path.unlink(missing_ok=True)

    def log_tail(self) -> str:
        """The end of what the server printed."""
        return self._log_path.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARS:].strip()


def start_server(
    name: str, command: Sequence[str], environment: Mapping[str, str], port: int, folder: Path = REPOSITORY
) -> ServerProcess:
    """Start a server in a session of its own, its output going to a file in the temporary folder.

    Args:
        name: for messages.
        command: program and arguments.
        environment: added to a copy of this process's environment.
        port: where it will listen.
        folder: where it runs: this checkout, or another one.

    """
    handle, log_path = tempfile.mkstemp(prefix=f"weir-bench-{name}-", suffix=".log")
    with os.fdopen(handle, "wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return ServerProcess(name, process, port, Path(log_path))


def _signal_all(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _kill_remaining(pids: Sequence[int]) -> None:
    processes = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            processes.append(psutil.Process(pid))
    _, alive = psutil.wait_procs(processes, timeout=1.0)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_GRACE_S)
