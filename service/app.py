"""The BentoML service: what `bentoml serve service.app:Weir` and the bento start.

One service, one process a core. BentoML brings the workers, the socket, the lifecycle, the bento and its native
`/score` endpoint; the product routes are an ASGI application mounted on it (see `service.http.front`).
"""

import asyncio
import logging
import time
from typing import Any, Final

import bentoml
from _bentoml_sdk.service import Service  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict

from models.contracts import FailureCode
from service.access.opening import open_gate
from service.companions import accompany
from service.engine import open_engine
from service.errors import FAILURE_MESSAGE, RequestError
from service.http import paths
from service.http.api import build_api
from service.http.asgi import AsgiApp, ProductApp
from service.http.front import FrontDoor
from service.http.management import build_management
from service.http.protocol import install
from service.http.routers import build_routers
from service.lifecycle import chain_sigterm, follow_parent, quiet_access_log, settle_memory
from service.settings import load_settings
from service.telemetry.logs import configure_logs
from service.ticket import Ticket

PRODUCT: Final = ProductApp()
MAX_NATIVE_BATCH: Final = 64

logger = logging.getLogger("bentoml.weir")


class ScoreInput(BaseModel):
    """Input of the native endpoint; its validation errors never quote the texts."""

    model_config = ConfigDict(hide_input_in_errors=True)

    texts: list[str]


class FrontedService(Service[Any]):  # type: ignore[misc]
    """A BentoML service whose ASGI application answers product paths before any middleware."""

    def to_asgi(self, is_main: bool = True) -> AsgiApp:  # noqa: FBT001, FBT002 - the signature is BentoML's
        """The application that each worker serves."""
        install(PRODUCT, paths.PRODUCT)
        return FrontDoor(PRODUCT, super().to_asgi(is_main=is_main))


@bentoml.service(
    service_class=FrontedService,
    name="weir",
    workers="cpu_count",
    traffic={"timeout": 60},
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
@bentoml.asgi_app(PRODUCT, path="/", name="product")
class Weir:
    """Content moderation: calibrated scores and policy decisions for text and images."""

    def __init__(self) -> None:
        """BentoML makes one instance a worker, inside its lifespan: here the engine starts."""
        settings = load_settings()
        configure_logs(settings.log_format, settings.log_level)
        self._engine = open_engine(settings)
        accompany(self._engine)
        gate = open_gate(self._engine)
        PRODUCT.management = build_management(gate, build_routers(self._engine))
        PRODUCT.api = build_api(self._engine, gate)
        quiet_access_log()
        settle_memory()
        follow_parent()
        chain_sigterm(self._begin_drain, settings.drain_delay_ms / 1e3)

    def _begin_drain(self) -> None:
        self._engine.draining = True

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    async def stop(self) -> None:
        """Answer what is queued and flush the records; uvicorn has closed the connections by now."""
        await self._engine.close()

    @bentoml.api(batchable=True, max_batch_size=MAX_NATIVE_BATCH, input_spec=ScoreInput)  # type: ignore[untyped-decorator]
    async def score(self, texts: list[str]) -> list[dict[str, Any]]:
        """Scores for bento-native clients, one entry a text: `{"probs": {category: p}}` or `{"code", "message"}`.

        Nothing is decided or recorded. Texts share the micro-batcher with the product routes.
        """
        engine = self._engine
        failures = [engine.limits.text_failure(text) for text in texts]
        outcomes = iter(await self._outcomes([t for t, code in zip(texts, failures, strict=True) if code is None]))
        names = [label.value for label in engine.models.text.scorer.labels]
        entries = [next(outcomes) if code is None else code for code in failures]
        return [
            {"code": entry.value, "message": FAILURE_MESSAGE[entry]}
            if isinstance(entry, FailureCode)
            else {"probs": dict(zip(names, entry.probs, strict=True))}
            for entry in entries
        ]

    async def _outcomes(self, texts: list[str]) -> list[Any]:
        if not texts:
            return []
        done: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        now = time.perf_counter()
        deadline = now + self._engine.settings.deadline_ms / 1e3
        try:
            self._engine.batcher.submit(Ticket(texts, now, deadline, done.set_result, done.cancelled))
        except RequestError:
            return [FailureCode.OVERLOADED] * len(texts)
        return (await done).outcomes
