"""Probes: is it alive, is it ready, how does it do."""

from collections.abc import Callable
from typing import Final

import orjson

from service.engine import Engine
from service.http.messages import JSON, Request, Respond, Response

_NO_STORE: Final = (b"cache-control", b"no-store")


def livez(_: Request, respond: Respond) -> None:
    """The process runs and its event loop turns."""
    respond(_status(200, "alive"))


def readyz(engine: Engine) -> Callable[[Request, Respond], None]:
    """Whether new requests should come here: not while draining, nor while decisions cannot be recorded."""

    def endpoint(_: Request, respond: Respond) -> None:
        if engine.draining:
            respond(_status(503, "draining"))
        elif engine.log.is_full:
            respond(_status(503, "records_unavailable"))
        else:
            respond(_status(200, "ready"))

    return endpoint


def metrics(engine: Engine) -> Callable[[Request, Respond], None]:
    """All workers' metrics, whichever worker is asked."""

    def endpoint(_: Request, respond: Respond) -> None:
        from service.metrics.exposition import render

        engine.recorder.queue_changed(engine.batcher.n_items)
        engine.recorder.records_pending(engine.log.n_pending)
        content_type, page = render(engine.recorder.directory)
        respond(Response(200, [(b"content-type", content_type), _NO_STORE], page))

    return endpoint


def _status(status: int, word: str) -> Response:
    return Response(status, [(b"content-type", JSON), _NO_STORE], orjson.dumps({"status": word}))
