"""Limits: what a principal may ask in a time, and the headers that tell it how much is left.

Source: draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit-Policy`, `RateLimit`); `x-ratelimit-*` as in the OpenAI API.
"""

import math
from typing import Final, NamedTuple

from service.access.buckets import Buckets, Level
from service.access.gate import Charge
from service.access.rates import Rate
from service.errors import RequestError

Header = tuple[bytes, bytes]
_NO_HEADERS: Final[tuple[Header, ...]] = ()


class Limit(NamedTuple):
    """One limit: by what it is known in headers, its bucket, and how much it gives."""

    title: str
    bucket: str
    rate: Rate


def take_request(buckets: Buckets, limits: tuple[Limit, ...]) -> tuple[Header, ...]:
    """Take one request out of all of them; the headers of its answer.

    Raises:
        RequestError: One of them is used up (429).

    """
    if not limits:
        return _NO_HEADERS
    levels: list[Level] = []
    for limit in limits:
        level = buckets.take(limit.bucket, limit.rate)
        levels.append(level)
        if level.retry_after_s:
            raise _exceeded(limit, level, limits[: len(levels)], levels)
    return _headers(limits, levels)


def charge_items(buckets: Buckets, limit: Limit) -> Charge:
    """Takes items out of a limit."""

    def charge(n_items: int) -> None:
        level = buckets.take(limit.bucket, limit.rate, n_items)
        if level.retry_after_s:
            raise _exceeded(limit, level, (limit,), [level])

    return charge


def _exceeded(limit: Limit, level: Level, limits: tuple[Limit, ...], levels: list[Level]) -> RequestError:
    rate = limit.rate
    return RequestError(
        429,
        "rate_limit_exceeded",
        f"the limit of this {limit.title} is {rate.limit} in {rate.window_s} s; try again after `Retry-After` seconds",
        headers=_headers(limits, levels),
        retry_after_s=max(1, math.ceil(level.retry_after_s)),
    )


def _headers(limits: tuple[Limit, ...], levels: list[Level]) -> tuple[Header, ...]:
    pairs = list(zip(limits, levels, strict=True))
    policy = ", ".join(f'"{limit.title}";q={limit.rate.limit};w={limit.rate.window_s}' for limit, _ in pairs)
    state = ", ".join(f'"{limit.title}";r={level.remaining};t={math.ceil(level.reset_s)}' for limit, level in pairs)
    tightest, left = min(pairs, key=lambda pair: pair[1].remaining)
    return (
        (b"ratelimit-policy", policy.encode()),
        (b"ratelimit", state.encode()),
        (b"x-ratelimit-limit-requests", str(tightest.rate.limit).encode()),
        (b"x-ratelimit-remaining-requests", str(left.remaining).encode()),
        (b"x-ratelimit-reset-requests", f"{left.reset_s:.3f}s".encode()),
    )
