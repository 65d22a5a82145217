"""Opening of the cache, as the settings have it."""

from collections.abc import Callable

from sqlalchemy import Engine as Database

from models.runtime.normalization import normalize
from service.batcher import TextQueue
from service.caching.memory import Memory
from service.caching.naming import Names
from service.caching.shared import open_shared
from service.caching.texts import CachedTexts, CacheObserver
from service.records.keys import deployment_key, derive_key
from service.settings import Settings


def open_cache(
    settings: Settings,
    texts: TextQueue,
    database: Database,
    bundle_digest: str,
    policy_version: Callable[[], str],
    observer: CacheObserver,
) -> TextQueue:
    """The queue of texts behind a cache; the queue itself where the cache is off.

    Args:
        settings: the deployment's choices.
        texts: who scores.
        database: keeps the deployment's secret where the settings bring none.
        bundle_digest: of the model that scores.
        policy_version: the version of the policy that is active now.
        observer: counts.

    Raises:
        CacheUnavailableError: Redis is asked for and cannot be used.

    """
    if not settings.cache_entries:
        return texts
    given = settings.digest_key
    secret = deployment_key(database) if given is None else derive_key(given.get_secret_value())
    shared = None
    if settings.cache_url is not None:
        url = settings.cache_url.get_secret_value()
        shared = open_shared(url, secret, settings.cache_ttl_s, settings.cache_timeout_ms / 1e3)
    return CachedTexts(
        texts,
        normalize,
        Names(secret, bundle_digest, policy_version),
        Memory(settings.cache_entries, settings.cache_bytes, len),
        shared,
        observer,
        settings.max_queue_items,
    )
