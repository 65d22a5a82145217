"""Webhooks over the small engine, delivered to a receiver on this machine on a quick schedule."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.access.gate import OpenGate
from service.engine import Engine, open_engine
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.http.management import build_management
from service.settings import Settings
from service.webhooks.opening import build_webhooks_router, open_webhooks
from tests.service.conftest import Ask, asker
from tests.service.hashing import loaded_model
from tests.service.webhooks.receiver import Receiver, open_receiver

WEBHOOKS = "/v1/webhooks"
LONGEST_S = 30
N_ATTEMPTS = 4


@pytest.fixture
def hook_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("webhooks")
    return Settings(
        database_url=f"sqlite:///{folder / 'weir.db'}", metrics_dir=folder / "metrics", webhook_allow_private=True
    )


@pytest.fixture
def hook_engine(hook_settings: Settings) -> Iterator[Engine]:
    engine = open_engine(hook_settings, loaded_model)
    engine.background.append(open_webhooks(engine, lambda n_attempts: 0.0 if n_attempts < N_ATTEMPTS else None))
    yield engine
    assert asyncio.run(engine.close()) == 0


@pytest.fixture
def tell(hook_engine: Engine) -> Ask:
    app, gate = ProductApp(), OpenGate()
    app.api = build_api(hook_engine, gate)
    app.management = build_management(gate, [build_webhooks_router(hook_engine)])
    return asker("asgi", app)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as receiver:
        yield receiver


def make(tell: Ask, url: str, *events: str, **more: Any) -> dict[str, Any]:
    """A new endpoint, with its secret."""
    answer = tell("POST", WEBHOOKS, json={"url": url, "events": events or ["decision.made"], **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def decide(tell: Ask, *texts: str, **more: Any) -> list[dict[str, Any]]:
    items = [{"text": text, **more} for text in texts]
    found: list[dict[str, Any]] = tell("POST", "/v1/decisions", json={"items": items}).json()["results"]
    return found


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < until, "it does not happen"
        time.sleep(0.02)


def deliveries(tell: Ask, webhook_id: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tell("GET", f"{WEBHOOKS}/{webhook_id}/deliveries", params=params).json()["deliveries"]
    return found
