"""The service under test: the whole engine and API over a small classifier, reached in two ways."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

from service.access.gate import OpenGate
from service.companions import accompany
from service.engine import Engine, open_engine
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.http.management import build_management
from service.http.paths import PRODUCT
from service.http.protocol import ProductProtocol
from service.http.routers import build_routers
from service.settings import Settings
from tests.service.hashing import loaded_model

PATHS = tuple(sorted(PRODUCT))

Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("service")
    return Settings(
        database_url=f"sqlite:///{folder / 'weir.db'}",
        metrics_dir=folder / "metrics",
        max_items=40,
        max_text_chars=2_000,
        max_body_bytes=200_000,
        record_interval_ms=20,
    )


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings, loaded_model)
    accompany(engine)
    yield engine
    assert asyncio.run(engine.close()) == 0


@pytest.fixture(scope="session")
def product(engine: Engine) -> ProductApp:
    app = ProductApp()
    gate = OpenGate()
    app.api = build_api(engine, gate)
    app.management = build_management(gate, build_routers(engine))
    return app


def protocol_class(product: ProductApp) -> type[ProductProtocol]:
    paths = frozenset(path.encode() for path in PATHS)
    return type("BoundProductProtocol", (ProductProtocol,), {"product": product, "paths": paths})


async def open_server(product: ProductApp) -> tuple[asyncio.Server, int]:
    """uvicorn's protocol with the shortcut, on a free port, without the rest of uvicorn."""
    config = uvicorn.Config(product, log_config=None, proxy_headers=False)
    state = ServerState()
    make = protocol_class(product)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: make(config, state, {}, loop), "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def _ask_asgi(product: ProductApp, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(product), base_url="http://weir") as client:
        return await client.request(method, path, **options)


async def _ask_socket(product: ProductApp, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
    server, port = await open_server(product)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            return await client.request(method, path, **options)
    finally:
        server.close()


def asker(way: str, product: ProductApp) -> Ask:
    """Sends one request through the ASGI application, or through a socket and the protocol's shortcut."""
    send = _ask_asgi if way == "asgi" else _ask_socket

    def ask(method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(send(product, method, path, options))

    return ask


@pytest.fixture(scope="session", params=["asgi", "socket"])
def ask(request: pytest.FixtureRequest, product: ProductApp) -> Ask:
    """Both ways to the same product."""
    return asker(request.param, product)


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"
