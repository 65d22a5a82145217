"""Cached pictures: what the image models say of files that were looked at before, or are being looked at.

The key is the SHA-256 of the file's bytes, with the version of the active policy as a second lock (see `naming`); the
models are those of this process, opened once. Held are the models' outputs, never pixels and never the words in a
picture: a file that comes again is decoded and read again, and judged anew.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np

from service.caching.memory import Memory
from service.scorer import Floats
from service.vision.image_batcher import Outputs, Squares


class PictureModels(Protocol):
    """Who looks: `service.vision.image_batcher.ImageBatcher`."""

    async def look(self, squares: Squares) -> list[Outputs]:
        """One picture through every model; one entry a model."""
        ...


class PictureCacheObserver(Protocol):
    """Who wants to know what it is worth: the metrics. Called from the event loop."""

    def picture_looked_up(self, outcome: str) -> None:
        """One picture was held (`hit`), looked at (`miss`) or awaited with another (`coalesced`)."""
        ...

    def pictures_held(self, n_bytes: int) -> None:
        """So much is held in this worker."""
        ...


class CachedPictures:
    """Looks at each file once. Lives in one event loop and needs no lock."""

    def __init__(
        self,
        models: PictureModels,
        policy_version: Callable[[], str],
        max_entries: int,
        max_bytes: int,
        observer: PictureCacheObserver,
    ) -> None:
        self._models: Final = models
        self._policy_version = policy_version
        self._is_off = not max_entries
        self._memory: Memory[list[Outputs]] = Memory(max_entries, max_bytes, _weigh)
        self._observer = observer
        self._looking: dict[bytes, asyncio.Task[list[Outputs]]] = {}

    async def look(self, digest: str, squares: Squares) -> list[Outputs]:
        """One picture through every model; one entry a model.

        Args:
            digest: SHA-256 of the file, hex.
            squares: its frames as each model wants them.

        Raises:
            ModelFailedError: A model failed for this picture, which is not held.

        """
        if self._is_off:
            return await self._models.look(squares)
        key = f"{digest}{self._policy_version()}".encode()
        found = self._memory.get(key)
        if found is not None:
            self._observer.picture_looked_up("hit")
            return found
        task = self._looking.get(key)
        self._observer.picture_looked_up("miss" if task is None else "coalesced")
        if task is None:
            task = asyncio.get_running_loop().create_task(self._look(key, squares))
            task.add_done_callback(_heed)
            self._looking[key] = task
        return await asyncio.shield(task)  # who gives up does not take the others with them

    async def _look(self, key: bytes, squares: Squares) -> list[Outputs]:
        try:
            outputs = await self._models.look(squares)
        finally:
            del self._looking[key]
        if all(np.isfinite(output.logits).all() for output in outputs):
            self._memory.put(key, [_frozen(output) for output in outputs])
            self._observer.pictures_held(self._memory.n_bytes)
        return outputs


def _heed(task: asyncio.Task[list[Outputs]]) -> None:
    """A failure that everybody gave up waiting for is nobody's news."""
    if not task.cancelled():
        task.exception()


def _arrays(output: Outputs) -> list[Floats]:
    arrays = (output.logits, output.regions, output.embedding, output.features)
    return [array for array in arrays if array is not None]


def _weigh(outputs: Sequence[Outputs]) -> int:
    return sum(array.nbytes for output in outputs for array in _arrays(output))


def _frozen(output: Outputs) -> Outputs:
    """What many read, nobody writes."""
    for array in _arrays(output):
        array.flags.writeable = False
    return output
