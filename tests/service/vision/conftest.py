"""A service that sees: the whole engine and API over small models of text, pictures and both, reached in two ways."""

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from service.engine import Engine, open_engine
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.settings import Settings
from tests.service.conftest import Ask, asker
from tests.service.vision.seeing import SpellingReader, png, seeing_models

POLICY = """
name: seeing
rules:
  - {category: harassment, at: balanced, action: demote, message: it insults}
  - {category: weapons, at: balanced, action: blur, message: it shows a weapon}
  - {category: fire, at: balanced, action: label, message: it shows a fire}
  - {category: harmful-meme, at: balanced, action: demote, review: true, message: it harms}
"""


@pytest.fixture(scope="session")
def seeing_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("seeing")
    (folder / "policy.yaml").write_text(POLICY)
    return Settings(
        database_url=f"sqlite:///{folder / 'weir.db'}",
        metrics_dir=folder / "metrics",
        policy=folder / "policy.yaml",
        max_body_bytes=20_000,
        max_images=4,
        max_image_bytes=100_000,
        max_image_pixels=1_000_000,
        record_interval_ms=20,
        admin_token="secret",
    )


@pytest.fixture(scope="session")
def reader() -> SpellingReader:
    return SpellingReader()


@pytest.fixture(scope="session")
def seeing_engine(seeing_settings: Settings, reader: SpellingReader) -> Iterator[Engine]:
    engine = open_engine(seeing_settings, seeing_models, reader)
    yield engine
    assert asyncio.run(engine.close()) == 0


@pytest.fixture(scope="session")
def seeing_product(seeing_engine: Engine) -> ProductApp:
    app = ProductApp()
    app.api = build_api(seeing_engine)
    return app


@pytest.fixture(scope="session", params=["asgi", "socket"])
def see(request: pytest.FixtureRequest, seeing_product: ProductApp) -> Ask:
    """Send one request through the ASGI application, or through a socket and the protocol's shortcut."""
    return asker(request.param, seeing_product)


def data_url(data: bytes, media: str = "image/png") -> str:
    return f"data:{media};base64,{base64.b64encode(data).decode()}"


def url(image: Image.Image) -> str:
    return data_url(png(image))


def decide(see: Ask, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of one request; each item's images are given as pictures or bytes."""
    posted = [item | {"images": [{"url": _url(image)} for image in item.get("images", ())]} for item in items]
    results: list[dict[str, Any]] = see("POST", "/v1/decisions", json={"items": posted}).json()["results"]
    return results


def _url(image: Image.Image | bytes | str) -> str:
    if isinstance(image, str):
        return image
    return data_url(image) if isinstance(image, bytes) else url(image)


def scores(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The categories that were scored, by name."""
    return {score["category"]: score for score in result["scores"] if score["status"] == "scored"}
