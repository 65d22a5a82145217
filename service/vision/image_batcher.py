"""The micro-batcher of pictures: one thread a worker that runs all image models on what waits.

Greedy as the batcher of texts: what queued while the models ran goes together, at once, without waiting for more, up
to `max_frames` a batch. It has a thread of its own, because a batch takes tens of milliseconds in which onnxruntime
needs no interpreter lock and the event loop must go on reading, writing and scoring texts.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np

from service.faults import describe
from service.scorer import Floats
from service.vision.scorers import ImageOutputs, ImageScorer, Pixels

Squares = tuple[Pixels, ...]
"""One picture's frames as each model wants them, *Shape:* (n_frames, side, side, 3) a model."""
MAX_FRAMES: Final = 16
"""Frames in one model call."""

logger = logging.getLogger("bentoml.weir.vision")


class ModelFailedError(Exception):
    """A model raised for these pixels; the log says where."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What one model says of one picture's frames; the same rows as `ImageOutputs`, of these frames alone."""

    logits: Floats
    regions: Floats | None
    embedding: Floats | None
    features: Floats | None


@dataclass(slots=True)
class _Job:
    squares: Squares
    done: asyncio.Future[list[Outputs]]


class ImageBatcher:
    """Feeds the image models from many requests. `start` it, `look` from one event loop, `close` it."""

    def __init__(
        self,
        scorers: Sequence[ImageScorer],
        on_batch: Callable[[int, float], None] | None = None,
        max_frames: int = MAX_FRAMES,
    ) -> None:
        self._scorers = tuple(scorers)
        self._on_batch = on_batch
        self._max_frames = max_frames
        self._jobs: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="image-models", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Run what waits, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join()

    async def look(self, squares: Squares) -> list[Outputs]:
        """One picture through every model; one entry a model.

        Raises:
            ModelFailedError: A model failed for this picture.

        """
        job = _Job(squares, asyncio.get_running_loop().create_future())
        with self._wake:
            self._jobs.append(job)
            self._wake.notify()
        return await job.done

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._jobs and not self._closing:
                    self._wake.wait()
                batch = self._take()
                if not batch and self._closing:
                    return
            if batch:
                self._answer(batch)

    def _take(self) -> list[_Job]:
        """What waits, up to one batch and at least one picture; who gave up is dropped."""
        batch: list[_Job] = []
        n_frames = 0
        while self._jobs and (not batch or n_frames + len(self._jobs[0].squares[0]) <= self._max_frames):
            job = self._jobs.popleft()
            if not job.done.cancelled():
                batch.append(job)
                n_frames += len(job.squares[0])
        return batch

    def _answer(self, batch: Sequence[_Job]) -> None:
        """Run a batch; if that fails, picture by picture, so that only the bad one pays."""
        started = time.perf_counter()
        try:
            answers = self._infer(batch)
        except Exception as error:  # noqa: BLE001 - any error of a session is that picture's failure
            if len(batch) > 1:
                for job in batch:
                    self._answer([job])
                return
            logger.error("an image model failed: %s", describe(error))  # noqa: TRY400 - a traceback could quote content
            self._tell(batch[0], None)
            return
        seconds = time.perf_counter() - started
        for job, outputs in zip(batch, answers, strict=True):
            self._tell(job, outputs)
        self._observe(batch, seconds)

    def _infer(self, batch: Sequence[_Job]) -> list[list[Outputs]]:
        stops = np.cumsum([len(job.squares[0]) for job in batch]).tolist()
        answers: list[list[Outputs]] = [[] for _ in batch]
        for index, scorer in enumerate(self._scorers):
            outputs = scorer.infer(np.concatenate([job.squares[index] for job in batch]))
            for answer, start, stop in zip(answers, [0, *stops], stops, strict=False):
                answer.append(_rows(outputs, start, stop))
        return answers

    def _tell(self, job: _Job, outputs: list[Outputs] | None) -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody is left to tell
            job.done.get_loop().call_soon_threadsafe(_settle, job.done, outputs)

    def _observe(self, batch: Sequence[_Job], seconds: float) -> None:
        if self._on_batch is not None:
            n_frames = sum(len(job.squares[0]) for job in batch)
            with suppress(RuntimeError):
                batch[0].done.get_loop().call_soon_threadsafe(self._on_batch, n_frames, seconds)


def _rows(outputs: ImageOutputs, start: int, stop: int) -> Outputs:
    """The rows of one picture, copied, so that they do not keep the whole batch alive."""

    def cut(values: Floats | None) -> Floats | None:
        return None if values is None else values[start:stop].copy()

    return Outputs(
        outputs.logits[start:stop].copy(), cut(outputs.regions), cut(outputs.embedding), cut(outputs.features)
    )


def _settle(done: asyncio.Future[list[Outputs]], outputs: list[Outputs] | None) -> None:
    if done.done():
        return
    if outputs is None:
        done.set_exception(ModelFailedError())
    else:
        done.set_result(outputs)
