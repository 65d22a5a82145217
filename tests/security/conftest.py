"""The whole service behind its gate, over a small classifier, with keys of two tenants."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.access.keyring import Keyring
from service.access.keys import KeyDraft
from service.access.opening import open_gate
from service.access.principal import Scope
from service.access.store import KeyStore
from service.companions import accompany
from service.engine import Engine, open_engine
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.http.management import build_management
from service.http.routers import build_routers
from service.settings import Settings
from tests.service.conftest import Ask, asker
from tests.service.hashing import loaded_model

ADMIN_TOKEN = "the-admin-token-of-these-tests"


@dataclass
class Guarded:
    """A service behind keys.

    Attributes:
        tokens: by a name such as `a-decide`, for tenant `a`, `b` or any (`all`), with one scope or `full`.

    """

    engine: Engine
    product: ProductApp
    store: KeyStore
    ring: Keyring
    tokens: dict[str, str]

    def ask(self, way: str = "asgi") -> Ask:
        return asker(way, self.product)

    def bearer(self, name: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[name]}"}

    def make(self, **given: object) -> str:
        """Another key, known at once."""
        made = self.store.create(KeyDraft.model_validate({"name": "made", "scopes": ["decide"]} | given), "test")
        self.ring.poll()
        return made.token


def open_service(folder: Path, **more: object) -> tuple[Engine, ProductApp, Keyring]:
    """A service of its own, as `service.app` opens one."""
    settings = Settings.model_validate(
        {
            "database_url": f"sqlite:///{folder / 'weir.db'}",
            "metrics_dir": folder / "metrics",
            "jobs_dir": folder / "jobs",
            "max_items": 40,
            "max_body_bytes": 200_000,
        }
        | more
    )
    engine = open_engine(settings, loaded_model)
    accompany(engine)
    gate = open_gate(engine)
    product = ProductApp()
    product.management = build_management(gate, build_routers(engine))
    product.api = build_api(engine, gate)
    return engine, product, gate._ring


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    engine, product, ring = open_service(tmp_path_factory.mktemp("guarded"), admin_token=ADMIN_TOKEN, require_keys=True)
    store = KeyStore(engine.database)
    tokens = {"root": ADMIN_TOKEN}
    for owner, tenant in (("a", "tenant-a"), ("b", "tenant-b"), ("all", None)):
        for name, scopes in [*((scope.value, (scope,)) for scope in Scope), ("full", tuple(Scope))]:
            draft = KeyDraft(name=f"{owner} {name}", scopes=scopes, tenant=tenant)
            tokens[f"{owner}-{name}"] = store.create(draft, "test").token
    ring.poll()
    yield Guarded(engine, product, store, ring, tokens)
    assert asyncio.run(engine.close()) == 0


Opened = Callable[..., tuple[Engine, ProductApp, Keyring]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens services that are closed with the test."""
    engines: list[Engine] = []

    def open_one(**more: object) -> tuple[Engine, ProductApp, Keyring]:
        folder = tmp_path / str(len(engines))
        folder.mkdir()
        engine, product, ring = open_service(folder, **more)
        engines.append(engine)
        return engine, product, ring

    yield open_one
    for engine in engines:
        assert asyncio.run(engine.close()) == 0
