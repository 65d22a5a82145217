"""The limit: onnxruntime alone. One single-threaded session a process, one process a core, batches made beforehand.

Nothing is received, parsed, tokenised, queued or answered; what remains is what no server on this machine can beat
with this bundle and these batches.
"""

import itertools
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scripts.bench.corpus import groups, stream
from scripts.bench.processes import Memory, process_memory

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

N_GROUPS = 64
_REPLY_TIMEOUT_S = 60.0

TokenIds = NDArray[np.int64]
Batch = tuple[TokenIds, TokenIds]


class RawWorkerError(Exception):
    """A raw worker died or did not answer."""


@dataclass(frozen=True)
class RawCounts:
    """What one session did: texts scored, seconds and processor seconds it took, milliseconds of each group."""

    n_texts: int
    seconds: float
    cpu_s: float
    latencies_ms: list[float]


@dataclass(frozen=True)
class _Order:
    """Work for a raw worker: groups of `group_size` texts, drawn by `seed`, for about `seconds`."""

    group_size: int
    seed: int
    warmup_s: float
    seconds: float


class RawLimit:
    """The raw sessions, each in a process that waits for work without polling."""

    def __init__(self, bundle: Path, texts: Sequence[str], n_workers: int, max_batch_tokens: int) -> None:
        self._bundle = bundle
        self._texts = list(texts)
        self._n_workers = n_workers
        self._max_batch_tokens = max_batch_tokens
        self._workers: list[tuple[multiprocessing.process.BaseProcess, Connection]] = []

    def start(self) -> None:
        """Start the processes; each opens its own session.

        Raises:
            RawWorkerError: a process could not open the bundle.

        """
        context = multiprocessing.get_context("spawn")
        for _ in range(self._n_workers):
            ours, theirs = context.Pipe()
            arguments = (theirs, self._bundle, self._texts, self._max_batch_tokens)
            worker = context.Process(target=_work, args=arguments, daemon=True, name="raw")
            worker.start()
            theirs.close()
            self._workers.append((worker, ours))
        for process, connection in self._workers:
            _reply(process, connection)

    def run(self, group_size: int, n_busy: int, warmup_s: float, seconds: float) -> list[RawCounts]:
        """Run `n_busy` sessions side by side on groups of `group_size` texts.

        Raises:
            RawWorkerError: a worker died or was silent for too long.

        """
        busy = self._workers[:n_busy]
        for index, (_, connection) in enumerate(busy):
            connection.send(_Order(group_size, index, warmup_s, seconds))
        return [_reply(process, connection) for process, connection in busy]

    def memory(self) -> Memory:
        """Weigh the raw processes."""
        return process_memory([process.pid for process, _ in self._workers if process.pid is not None])

    def stop(self) -> None:
        """End the processes."""
        for process, connection in self._workers:
            connection.close()
            process.terminate()
            process.join(timeout=5.0)
        self._workers = []


def _reply(process: multiprocessing.process.BaseProcess, connection: Connection) -> RawCounts:
    try:
        if connection.poll(_REPLY_TIMEOUT_S):
            answer: RawCounts = connection.recv()
            return answer
    except EOFError:
        raise RawWorkerError("a raw session's process ended; can it open the bundle?") from None
    process.kill()
    raise RawWorkerError(f"a raw session was silent for {_REPLY_TIMEOUT_S:.0f} s")


def _work(connection: Connection, bundle: Path, texts: list[str], max_batch_tokens: int) -> None:
    """The body of a raw process: open the session, then run orders until the pipe closes."""
    from models.runtime.bundle import MODEL_FILE
    from models.runtime.classifier import open_session

    windows = _windows(bundle, texts)
    session = open_session(str(bundle / MODEL_FILE))
    connection.send(RawCounts(0, 0.0, 0.0, []))
    while True:
        try:
            order: _Order = connection.recv()
        except EOFError:
            return
        drawn = groups(stream(texts, N_GROUPS * order.group_size, order.seed), order.group_size)
        planned = [
            _planned([window for text in group for window in windows[text]], max_batch_tokens) for group in drawn
        ]
        _run(session, planned, order.warmup_s)
        cpu_start = time.process_time()
        latencies_ms, seconds = _run(session, planned, order.seconds)
        cpu_s = time.process_time() - cpu_start
        connection.send(RawCounts(len(latencies_ms) * order.group_size, seconds, cpu_s, latencies_ms))


def _windows(bundle: Path, texts: list[str]) -> dict[str, tuple[TokenIds, ...]]:
    """The token ids of every text; the classifier that made them is gone when this returns."""
    from models.runtime.bundle import load_text_bundle
    from models.runtime.classifier import open_classifier

    prepared = open_classifier(load_text_bundle(bundle)).prepare(texts)
    return {text: one.windows for text, one in zip(texts, prepared, strict=True)}


def _planned(windows: Sequence[TokenIds], max_batch_tokens: int) -> list[Batch]:
    """The padded batches of one group of texts, planned as the service plans them."""
    from models.runtime.batching import pad_windows, plan_batches

    plan = plan_batches([len(window) for window in windows], max_batch_tokens)
    return [pad_windows([windows[index] for index in batch]) for batch in plan]


def _run(session: "InferenceSession", planned: Sequence[Sequence[Batch]], seconds: float) -> tuple[list[float], float]:
    """Run groups in a circle until the time is up: milliseconds of each, and the seconds all of it took."""
    latencies_ms: list[float] = []
    start = last = time.perf_counter()
    for group in itertools.cycle(planned):
        for ids, mask in group:
            session.run(("logits",), {"input_ids": ids, "attention_mask": mask})
        now = time.perf_counter()
        latencies_ms.append((now - last) * 1000.0)
        last = now
        if now - start >= seconds:
            break
    return latencies_ms, last - start
