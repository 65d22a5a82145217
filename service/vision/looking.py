"""Looking: an item's images decoded and through the image models, and later their places and blurred copies.

Decoding and drawing share one thread: a worker has about one core, so that a second would decode no sooner, and the
peak of memory would double.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from models.contracts import FailureCode, Region, RegionKind
from models.runtime.vision.errors import ImageError
from models.runtime.vision.limits import MediaLimits
from service.bundles import LoadedImageModel
from service.caching.pictures import CachedPictures
from service.fetching.errors import AnswerTooLargeError, FetchFailedError, FetchRefusedError
from service.fetching.images import ImageFetcher, RemoteImage
from service.telemetry.passage import Stage, staged
from service.vision.finding import Posted
from service.vision.image_batcher import ModelFailedError
from service.vision.picture import Picture, open_picture
from service.vision.redacting import Blur, RedactedImage, redacted_copy
from service.vision.refusal import ItemRefusedError, require_client
from service.vision.seen import Seen, find_regions, read_outputs

_Result = TypeVar("_Result")


class OpeningObserver(Protocol):
    """Who wants to know how decoding goes: the metrics. Called from the event loop."""

    def picture_opened(self, failure: FailureCode | None, seconds: float) -> None:
        """One image was decoded, or could not be; waiting for the thread counts."""
        ...


class Looker:
    """Looks at images off the event loop."""

    def __init__(
        self,
        models: Sequence[LoadedImageModel],
        pictures: CachedPictures,
        threads: ThreadPoolExecutor,
        limits: MediaLimits,
        observer: OpeningObserver,
        fetcher: ImageFetcher | None = None,
    ) -> None:
        self.models = tuple(models)
        self._models = pictures
        self._threads = threads
        self._limits = limits
        self._observer = observer
        self._fetcher = fetcher
        self._sides = tuple(model.manifest.geometry.side for model in models)

    async def fetch(self, posted: Posted) -> None:
        """Bring the images of an item that are elsewhere; costs nothing where there are none.

        Raises:
            ItemRefusedError: One of them may not be asked for, or does not come; of several the first in their order.
            AbandonedError: The client has gone.

        """
        remote = [(index, image) for index, image in enumerate(posted.images) if isinstance(image, RemoteImage)]
        if not remote:
            return
        require_client(posted.is_abandoned)
        try:
            async with asyncio.timeout(posted.deadline - time.perf_counter()):
                with staged(Stage.FETCH):
                    found = await asyncio.gather(*(self._fetch(*entry) for entry in remote), return_exceptions=True)
        except TimeoutError:
            raise ItemRefusedError(FailureCode.DEADLINE_EXCEEDED) from None
        for failure in found:
            if failure is not None:
                raise failure

    async def _fetch(self, index: int, image: RemoteImage) -> None:
        if self._fetcher is None:
            raise ItemRefusedError(FailureCode.REMOTE_IMAGES_OFF, index)
        try:
            await self._fetcher.fetch(image)
        except FetchRefusedError as error:
            raise ItemRefusedError(FailureCode.REMOTE_IMAGE_REFUSED, index, str(error)) from None
        except AnswerTooLargeError as error:
            raise ItemRefusedError(FailureCode.IMAGE_TOO_LARGE, index, str(error)) from None
        except FetchFailedError as error:
            raise ItemRefusedError(FailureCode.REMOTE_IMAGE_FAILED, index, str(error)) from None

    async def look(self, posted: Posted, *, with_pdq: bool) -> list[Seen]:
        """Every image of an item.

        Raises:
            ItemRefusedError: An image cannot be looked at; of several the first in their order.
            AbandonedError: The client has gone.

        """
        looks = [self._look_at(index, data, posted, with_pdq=with_pdq) for index, data in enumerate(posted.files)]
        found = await asyncio.gather(*looks, return_exceptions=True)
        for entry in found:
            if isinstance(entry, BaseException):
                raise entry
        return [entry for entry in found if isinstance(entry, Seen)]

    async def regions(self, seen: Seen, kinds: Collection[RegionKind]) -> tuple[Region, ...]:
        """Places of these kinds in one image; asking for none costs nothing."""
        return await self._in_thread(find_regions, seen, self.models, kinds) if kinds else ()

    async def redact(self, seen: Seen, blur: Blur) -> RedactedImage:
        """The blurred copy of one image."""
        frame = seen.picture.decoded.frames[0]
        return RedactedImage(seen.index, await self._in_thread(redacted_copy, frame, blur))

    async def _look_at(self, index: int, data: bytes, posted: Posted, *, with_pdq: bool) -> Seen:
        picture = await self._open(index, data, posted, with_pdq=with_pdq)
        try:
            with staged(Stage.LOOK):
                outputs = await self._models.look(picture.decoded.digest, picture.squares)
        except ModelFailedError:
            raise ItemRefusedError(FailureCode.INTERNAL, index) from None
        return read_outputs(index, picture, outputs, self.models)

    async def _open(self, index: int, data: bytes, posted: Posted, *, with_pdq: bool) -> Picture:
        require_client(posted.is_abandoned)
        started = time.perf_counter()
        failure: FailureCode | None = FailureCode.INTERNAL
        try:
            with staged(Stage.DECODE):
                opening = partial(open_picture, data, self._limits, self._sides, with_pdq=with_pdq)
                picture = await self._in_thread(opening)
            failure = None
        except ImageError as error:
            failure = error.code
            raise ItemRefusedError(error.code, index, str(error)) from None
        finally:
            self._observer.picture_opened(failure, time.perf_counter() - started)
        return picture

    async def _in_thread(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments))
