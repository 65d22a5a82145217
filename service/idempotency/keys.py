"""Idempotency keys: what a caller names a request, so that repeating it is safe."""

import re
from dataclasses import dataclass
from typing import Final

from service.access.principal import Principal
from service.errors import RequestError, invalid

HEADER: Final = b"idempotency-key"
REPLAYED: Final = (b"idempotent-replayed", b"true")
_KEY: Final = re.compile(rb"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request under a key.

    Attributes:
        owner: whose keys these are: equal keys of two owners have nothing to do with each other.
        key: as the caller sent it.
        fingerprint: of the endpoint and the body, by the deployment's key: stored, it tells nobody what was posted.

    """

    owner: str
    key: str
    fingerprint: bytes


def read_key(value: bytes) -> str:
    """The value of the header.

    Raises:
        RequestError: It is not 1 to 255 visible ASCII characters (400).

    """
    if not _KEY.fullmatch(value):
        raise invalid("invalid_idempotency_key", "Idempotency-Key has 1 to 255 visible ASCII characters")
    return value.decode("ascii")


def owner_of(principal: Principal) -> str:
    """The tenant, whose API keys may change; or the API key, where it belongs to no tenant."""
    if principal.tenant is not None:
        return f"tenant:{principal.tenant}"
    return f"key:{principal.key_id}" if principal.key_id else "open"


def reused() -> RequestError:
    """The key came before with something else: 422."""
    return RequestError(
        422, "idempotency_key_reused", "this Idempotency-Key came before with another body; a new request has a new key"
    )


def in_progress() -> RequestError:
    """The first request under the key is not answered yet: 409."""
    return RequestError(
        409, "idempotency_in_progress", "the first request with this Idempotency-Key is being decided; try again later"
    )
