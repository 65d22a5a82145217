"""The examiner: takes items with images in, bounds what waits, and answers every one of them with what it gets."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from models.contracts import FailureCode
from service.errors import overloaded
from service.faults import describe
from service.vision.budget import ByteBudget
from service.vision.finding import Finding, Posted
from service.vision.pipeline import Pipeline
from service.vision.refusal import AbandonedError, ItemRefusedError

Examined = Finding | ItemRefusedError
"""What every item gets."""
_Result = TypeVar("_Result")

logger = logging.getLogger("bentoml.weir.vision")


class QueueObserver(Protocol):
    """Who wants to know how much waits: the metrics."""

    def images_waiting(self, n_images: int) -> None:
        """So many images wait or are looked at."""
        ...


class Examiner:
    """Feeds the pipeline from many requests. Lives in one event loop."""

    def __init__(self, pipeline: Pipeline, budget: ByteBudget, max_images: int, observer: QueueObserver) -> None:
        self._pipeline = pipeline
        self._budget = budget
        self._max_images = max_images
        self._observer = observer
        self._tasks: set[asyncio.Task[None]] = set()
        self.n_images = 0

    def submit(self, items: Sequence[Posted], on_done: Callable[[list[Examined]], None]) -> None:
        """Examine items; `on_done` is called later with one outcome an item, unless their client has gone.

        Raises:
            RequestError: Too many images wait, or they have too many bytes (429).

        """
        self._start(items, self._pipeline.examine, on_done)

    def redact(self, item: Posted, on_done: Callable[[bytes | ItemRefusedError], None]) -> None:
        """The redacted copy of an item's one image, in the same queue.

        Raises:
            RequestError: As for `submit`.

        """

        def take(outcomes: list[bytes | ItemRefusedError]) -> None:
            on_done(outcomes[0])

        self._start([item], self._pipeline.redact, take)

    async def examine(self, item: Posted) -> Examined:
        """One item, past the queue.

        Raises:
            AbandonedError: The client has gone.

        """
        return await _settled(self._pipeline.examine, item)

    async def drain(self) -> None:
        """Wait until every item has its outcome."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def _start(
        self,
        items: Sequence[Posted],
        work: Callable[[Posted], Awaitable[_Result]],
        on_done: Callable[[list[_Result | ItemRefusedError]], None],
    ) -> None:
        n_images, n_bytes = sum(len(item.images) for item in items), sum(item.n_bytes for item in items)
        if self.n_images and self.n_images + n_images > self._max_images:
            raise overloaded()
        self._budget.claim(n_bytes)
        self._count(n_images)
        task = asyncio.get_running_loop().create_task(_run(items, work, on_done))
        self._tasks.add(task)

        def forget(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            self._budget.release(n_bytes)
            self._count(-n_images)

        task.add_done_callback(forget)

    def _count(self, n_images: int) -> None:
        self.n_images += n_images
        self._observer.images_waiting(self.n_images)


async def _run(
    items: Sequence[Posted],
    work: Callable[[Posted], Awaitable[_Result]],
    on_done: Callable[[list[_Result | ItemRefusedError]], None],
) -> None:
    try:
        outcomes = await asyncio.gather(*(_settled(work, item) for item in items))
    except AbandonedError:
        return
    try:
        on_done(outcomes)
    except Exception as error:  # noqa: BLE001 - the answer of one request must not break the others
        logger.error("answering a request failed: %s", describe(error))  # noqa: TRY400 - a traceback could quote it


async def _settled(work: Callable[[Posted], Awaitable[_Result]], item: Posted) -> _Result | ItemRefusedError:
    """Whatever breaks is that item's failure, and its neighbours go on."""
    try:
        return await work(item)
    except ItemRefusedError as refused:
        return refused
    except AbandonedError:
        raise
    except Exception as error:  # noqa: BLE001 - see above
        logger.error("examining an item failed: %s", describe(error))  # noqa: TRY400 - see above
        return ItemRefusedError(FailureCode.INTERNAL)
