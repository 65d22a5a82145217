"""Opening and closing of everything that items with images need: threads, and the pipeline over them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from models.runtime.vision.limits import MediaLimits
from service.banks.matcher import BankMatcher
from service.batcher import TextQueue
from service.bundles import LoadedModels
from service.caching.pictures import CachedPictures
from service.fetching.images import ImageFetcher
from service.fetching.opening import open_fetcher
from service.judges import Judges
from service.metrics.recorder import Recorder
from service.settings import Settings
from service.vision.budget import ByteBudget, Places
from service.vision.examiner import Examiner
from service.vision.image_batcher import ImageBatcher
from service.vision.looking import Looker
from service.vision.pipeline import Pipeline
from service.vision.scorers import Reader


@dataclass(frozen=True, slots=True)
class Vision:
    """What serves items with images."""

    examiner: Examiner
    _image_batcher: ImageBatcher
    _threads: ThreadPoolExecutor
    _reader: Reader
    _fetcher: ImageFetcher | None = None

    async def close(self) -> None:
        """Answer what waits, then stop the threads."""
        await self.examiner.drain()
        self._image_batcher.close()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._reader.close()
        if self._fetcher is not None:
            self._fetcher.close()


def media_limits(settings: Settings) -> MediaLimits:
    """What one image file may cost in this deployment."""
    return MediaLimits(max_bytes=settings.max_image_bytes, max_pixels=settings.max_image_pixels)


def open_vision(
    settings: Settings,
    models: LoadedModels,
    judges: Judges,
    batcher: TextQueue,
    matcher: Callable[[], BankMatcher | None],
    recorder: Recorder,
    budget: ByteBudget,
    reader: Reader,
) -> Vision:
    """Start the threads and connect them; `models` has an image model. `close` closes the reader as well."""
    image_batcher = ImageBatcher([model.scorer for model in models.images], recorder.pictures_inferred)
    image_batcher.start()
    threads = ThreadPoolExecutor(1, thread_name_prefix="pictures")
    fetcher = open_fetcher(settings)
    pictures = CachedPictures(
        image_batcher,
        lambda: judges.active.moderator.policy.version,
        settings.cache_entries,
        settings.cache_image_bytes,
        recorder,
    )
    looker = Looker(models.images, pictures, threads, media_limits(settings), recorder, fetcher)
    pipeline = Pipeline(
        models=models,
        judges=judges,
        looker=looker,
        batcher=batcher,
        reader=reader,
        matcher=matcher,
        threads=threads,
        places=Places(settings.max_images),
        reading_timeout_s=settings.reading_timeout_ms / 1e3,
        observer=recorder,
    )
    examiner = Examiner(pipeline, budget, settings.max_queue_images, recorder)
    return Vision(examiner, image_batcher, threads, reader, fetcher)
