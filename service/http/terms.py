"""Terms: on whose behalf a request is decided, and until when."""

import time
from collections.abc import Sequence
from typing import Final

from service.access.tenancy import require_own_tenant
from service.asking import Ask
from service.engine import Engine
from service.errors import invalid
from service.fetching.images import MAX_PER_REQUEST, RemoteImage
from service.http.messages import JSON, Request
from service.wire.decisions import Item

JSON_HEADERS: Final = ((b"content-type", JSON),)


def ask_for(engine: Engine, request: Request, endpoint: str, items: Sequence[Item] = ()) -> Ask:
    """The terms of a request: its principal's tenant, and what its items say of themselves.

    Raises:
        RequestError: An item names a tenant that is not the key's (403).

    """
    contexts = [item.context for item in items]
    require_own_tenant(request.principal, contexts)
    return Ask(
        endpoint=endpoint,
        tenant=request.principal.tenant or engine.settings.tenant,
        principal=request.principal,
        contexts=contexts,
        content_ids=[item.content_id for item in items],
        previous=[item.previous for item in items],
        is_abandoned=request.is_abandoned,
    )


def take_items(request: Request, items: Sequence[Item]) -> None:
    """Let a whole request's items pass, before any of them is decided.

    Raises:
        RequestError: An item names a tenant that is not the key's (403), there are too many images to be fetched (400),
            or more items than the key may ask (429).

    """
    require_own_tenant(request.principal, [item.context for item in items])
    n_remote = sum(isinstance(image, RemoteImage) for item in items for image in item.images)
    if n_remote > MAX_PER_REQUEST:
        raise invalid(
            "too_many_remote_images", f"one request has at most {MAX_PER_REQUEST} images to be fetched", "items"
        )
    request.charge(len(items))


def deadline_of(engine: Engine) -> float:
    """When a request that begins now must have its answer, on the clock of `time.perf_counter`."""
    return time.perf_counter() + engine.settings.deadline_ms / 1e3
