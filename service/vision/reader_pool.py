"""The reader's thread: words in pictures are read off the event loop, on one thread of each worker process.

Bounded: beyond `max_frames` waiting frames a job is refused at once. Fair to whoever gave up: a job that is cancelled
or late is dropped between two turns, not read to its end. Modest: on Linux the thread runs at a lower priority, so
that scoring, which takes milliseconds, is not held up by reading, which takes tenths of a second. onnxruntime and
OpenCV let go of the interpreter lock while they work.
"""

import asyncio
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.contracts import FailureCode
from models.runtime.vision.reading import ReadText, open_reader
from models.runtime.vision.reading_memory import give_back_memory

Frame = NDArray[np.uint8]

MAX_FRAMES: Final = 64
"""Frames that may wait: at a third of a second each, more would be late anyway."""
BATCH_FRAMES: Final = 2
"""Frames of one turn. More is no faster on one core, and answers later."""
TIMEOUT_S: Final = 20.0
NICENESS: Final = 5
"""A third of the share of a thread at the usual priority: enough to go on when the cores are full."""


class FrameReader(Protocol):
    """Reads frames on the calling thread: `models.runtime.vision.reading.TextReader`."""

    def read(self, frames: Sequence[Frame]) -> list[ReadText]:
        """One entry a frame."""
        ...


class ReaderPoolError(Exception):
    """A job that was not read. `code` is the failure of the item, where the caller does not go on without words."""

    code: ClassVar[FailureCode] = FailureCode.INTERNAL


class ReaderOverloadedError(ReaderPoolError):
    """Too many frames wait."""

    code = FailureCode.OVERLOADED


class ReaderLateError(ReaderPoolError):
    """The job was not read within its time."""

    code = FailureCode.DEADLINE_EXCEEDED


class ReaderClosedError(ReaderPoolError):
    """The pool is closed, or was never started."""


@dataclass(slots=True, eq=False)
class _Job:
    frames: Sequence[Frame]
    deadline: float
    done: Future[list[ReadText]] = field(default_factory=Future)
    n_taken: int = 0
    found: list[ReadText] = field(default_factory=list)

    def fail(self, error: Exception) -> None:
        with suppress(InvalidStateError):  # it was cancelled meanwhile
            self.done.set_exception(error)

    def add(self, found: Sequence[ReadText]) -> None:
        self.found.extend(found)
        if len(self.found) == len(self.frames):
            with suppress(InvalidStateError):
                self.done.set_result(self.found)


class ReaderPool:
    """Feeds one reader from many requests. `start` it, `read` from any event loop, `close` it."""

    def __init__(
        self,
        opener: Callable[[], FrameReader],
        max_frames: int = MAX_FRAMES,
        batch_frames: int = BATCH_FRAMES,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._opener = opener
        self._max_frames = max_frames
        self._batch_frames = batch_frames
        self._timeout_s = timeout_s
        self._reader: FrameReader | None = None
        self._jobs: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False

    @property
    def n_waiting(self) -> int:
        """Frames that no turn has taken yet."""
        with self._wake:
            return sum(len(job.frames) - job.n_taken for job in self._jobs)

    def start(self, *, open_now: bool = False) -> None:
        """Start the thread.

        Args:
            open_now: open the reader here, instead of when the first picture comes: memory against the first answer.

        Raises:
            ReadingModelsError: `open_now`, and the models are missing.

        """
        if open_now:
            self._reader = self._opener()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read what waits, then stop. Blocks until then."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()

    async def read(self, frames: Sequence[Frame], timeout_s: float | None = None) -> list[ReadText]:
        """Read every frame of a job. Cancelling drops what has not been read.

        Args:
            frames: upright RGB, *Shape:* `(h, w, 3)` each.
            timeout_s: for the whole job; the pool's own when None.

        Raises:
            ReaderOverloadedError: more frames wait than the pool takes; an empty pool takes any job.
            ReaderLateError: the time is over.
            ReaderClosedError: nobody reads.
            ReadingError: a picture could not be read, or the reader not opened.

        """
        if not frames:
            return []
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        job = self._submitted(frames, time.monotonic() + limit_s)
        done = asyncio.wrap_future(job.done)
        try:
            async with asyncio.timeout(limit_s):
                return await done
        except TimeoutError:
            raise _late(limit_s) from None

    def _submitted(self, frames: Sequence[Frame], deadline: float) -> _Job:
        with self._wake:
            if self._closing or self._thread is None:
                raise ReaderClosedError("the reader is closed or was not started")
            n_waiting = sum(len(job.frames) - job.n_taken for job in self._jobs)
            if n_waiting and n_waiting + len(frames) > self._max_frames:
                raise ReaderOverloadedError(f"{n_waiting} frames wait, of at most {self._max_frames}")
            job = _Job(frames, deadline)
            self._jobs.append(job)
            self._wake.notify()
            return job

    def _run(self) -> None:
        _step_back()
        while turn := self._next_turn():
            self._read_turn(turn)
            if not self.n_waiting:
                give_back_memory()

    def _next_turn(self) -> list[tuple[_Job, Sequence[Frame]]]:
        """Wait for work; empty when the pool closes and none is left."""
        with self._wake:
            while True:
                if turn := self._taken():
                    return turn
                if self._closing:
                    return []
                self._wake.wait()

    def _taken(self) -> list[tuple[_Job, Sequence[Frame]]]:
        turn: list[tuple[_Job, Sequence[Frame]]] = []
        room = self._batch_frames
        while self._jobs and room:
            job = self._jobs[0]
            if self._is_over(job):
                self._jobs.popleft()
                continue
            frames = job.frames[job.n_taken : job.n_taken + room]
            turn.append((job, frames))
            job.n_taken += len(frames)
            room -= len(frames)
            if job.n_taken == len(job.frames):
                self._jobs.popleft()
        return turn

    def _is_over(self, job: _Job) -> bool:
        if not job.done.done() and time.monotonic() > job.deadline:
            job.fail(_late(None))
        return job.done.done()

    def _read_turn(self, turn: Sequence[tuple[_Job, Sequence[Frame]]]) -> None:
        """Read a turn together; where that fails, job by job, so that only the bad one pays."""
        try:
            if self._reader is None:
                self._reader = self._opener()
            found = self._reader.read([frame for _, frames in turn for frame in frames])
        except Exception as error:  # noqa: BLE001 - whatever broke, the job is answered and the thread goes on
            if len(turn) > 1:
                for one in turn:
                    self._read_turn([one])
            else:
                turn[0][0].fail(error)
            return
        start = 0
        for job, frames in turn:
            job.add(found[start : start + len(frames)])
            start += len(frames)


def open_reader_pool(*, open_now: bool = False) -> ReaderPool:
    """A started pool around the shipped reader. See `ReaderPool.start`."""
    pool = ReaderPool(open_reader)
    pool.start(open_now=open_now)
    return pool


def _late(limit_s: float | None) -> ReaderLateError:
    return ReaderLateError("not read in time" if limit_s is None else f"not read within {limit_s:g} s")


def _step_back() -> None:
    """Lower the priority of the calling thread. Only Linux has one for each thread."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
