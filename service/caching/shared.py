"""Shared: entries in Redis, for all workers and servers of a deployment. Never in the way: an error is a miss.

A value is sealed with a keyed hash of itself and its key, so that whoever can write to Redis cannot make up scores.
After an error nobody asks for a second: a dead Redis costs one short timeout a second, not one a request.
"""

import asyncio
import hashlib
import hmac
import logging
import time
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Protocol, cast

from service.extras import how_to_install
from service.faults import describe

PREFIX: Final = b"weir:scores:"
PAUSE_S: Final = 1.0
MAX_WAITING: Final = 2_000
"""Values that wait to be written; more are not written."""
_SEAL_BYTES: Final = 16
_PERSON: Final = b"weir-cache-seal"

logger = logging.getLogger("bentoml.weir.cache")


class CacheUnavailableError(Exception):
    """The cache that the settings name cannot be used; the message says what is missing."""


class RedisClient(Protocol):
    """What is used of `redis.asyncio.Redis`."""

    def mget(self, keys: Sequence[bytes]) -> Awaitable[list[bytes | None]]:
        """Values of keys."""
        ...

    def pipeline(self, transaction: bool = ...) -> Any:  # noqa: ANN401, FBT001 - the client's own types are loose
        """Commands that go together."""
        ...

    def aclose(self) -> Awaitable[None]:
        """Close the connections."""
        ...


class SharedScores:
    """Values by key, in Redis. Lives in one event loop."""

    def __init__(self, client: RedisClient, secret: bytes, ttl_s: int, timeout_s: float) -> None:
        self._client = client
        self._secret = secret
        self._ttl_s = ttl_s
        self._timeout_s = timeout_s
        self._waiting: dict[bytes, bytes] = {}
        self._writing: asyncio.Task[None] | None = None
        self._paused_until = 0.0
        self.n_errors = 0

    @property
    def is_open(self) -> bool:
        """It is worth asking: the last error was long enough ago."""
        return time.perf_counter() >= self._paused_until

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None] | None:
        """One value a key, None for those that are not there; None for all of them when Redis fails."""
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._client.mget([PREFIX + key for key in keys])
        except Exception as error:  # noqa: BLE001 - whatever the client raises, the text is scored instead
            self._failed(error)
            return None
        return [None if value is None else self._opened(key, value) for key, value in zip(keys, found, strict=True)]

    def put(self, key: bytes, value: bytes) -> None:
        """Write a value some time; never waits."""
        if len(self._waiting) < MAX_WAITING and self.is_open:
            self._waiting[key] = value
            if self._writing is None:
                self._writing = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Write what waits, then close the connections."""
        if self._writing is not None:
            await self._writing
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._client.aclose()
        except Exception as error:  # noqa: BLE001 - nothing is lost with it
            self._failed(error)

    async def _write(self) -> None:
        while self._waiting:
            values, self._waiting = self._waiting, {}
            try:
                async with asyncio.timeout(self._timeout_s):
                    pipeline = self._client.pipeline(transaction=False)
                    for key, value in values.items():
                        pipeline.set(PREFIX + key, self._seal(key, value) + value, ex=self._ttl_s)
                    await pipeline.execute()
            except Exception as error:  # noqa: BLE001 - a value that is not written is scored again
                self._failed(error)
        self._writing = None

    def _seal(self, key: bytes, value: bytes) -> bytes:
        return hashlib.blake2b(key + value, key=self._secret, digest_size=_SEAL_BYTES, person=_PERSON).digest()

    def _opened(self, key: bytes, sealed: bytes) -> bytes | None:
        value = sealed[_SEAL_BYTES:]
        return value if hmac.compare_digest(sealed[:_SEAL_BYTES], self._seal(key, value)) else None

    def _failed(self, error: Exception) -> None:
        self.n_errors += 1
        self._waiting.clear()
        if self.is_open:
            logger.warning("the shared cache failed: %s", describe(error))
        self._paused_until = time.perf_counter() + PAUSE_S


def open_shared(url: str, secret: bytes, ttl_s: int, timeout_s: float) -> SharedScores:
    """A client of the Redis at an address; it connects when first asked.

    Raises:
        CacheUnavailableError: The client is not installed, or the address is not one.

    """
    try:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError:
        raise CacheUnavailableError(f"WEIR_CACHE_URL needs {how_to_install('redis')}") from None
    try:
        client = Redis.from_url(
            url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=Retry(NoBackoff(), 0)
        )
    except ValueError:
        raise CacheUnavailableError("WEIR_CACHE_URL is redis://, rediss:// or unix://, as redis-py reads it") from None
    return SharedScores(cast("RedisClient", client), secret, ttl_s, timeout_s)
