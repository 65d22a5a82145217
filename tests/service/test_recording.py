"""Failures over HTTP: whatever an item fails at, and through whichever format it came, it is counted once."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.contracts import FailureCode
from service.asking import Ask
from service.engine import Engine, open_engine
from service.errors import RequestError, overloaded
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.recording import Recording
from service.settings import Settings
from service.vision.finding import Posted
from tests.service.conftest import asker
from tests.service.hashing import loaded_model
from tests.service.vision.seeing import SpellingReader, seeing_models

ANALYZE = "/v1alpha1/comments:analyze"
Counted = dict[tuple[str, str], int]
Post = Callable[[str, dict[str, Any]], Counted]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'log.db'}", metrics_dir=tmp_path, max_text_chars=100)
    engine = open_engine(settings, loaded_model)
    yield engine
    assert asyncio.run(engine.close()) == 0
    engine.database.dispose()


@pytest.fixture
def post(engine: Engine) -> Post:
    """Sends one request; what was counted of it, by surface and code."""
    product = ProductApp()
    product.api = build_api(engine)
    ask = asker("asgi", product)

    def send(path: str, body: dict[str, Any]) -> Counted:
        ask("POST", path, json=body)
        return counted(engine.recording)

    return send


def counted(recording: Recording) -> Counted:
    return {(key.surface, key.code): n_items for key, n_items in recording.failures.take().items()}


def comment(text: str, **more: object) -> dict[str, Any]:
    return {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]} | more


def test_items_that_are_refused_as_they_are_read_are_counted_with_their_surface(post: Post) -> None:
    items = [{"text": ""}, {"text": "fine"}, {"text": " ", "context": {"surface": "feed"}}, {"text": "a" * 101}, {}]
    assert post("/v1/decisions", {"items": items}) == {
        ("decisions", "empty_content"): 2,
        ("feed", "empty_content"): 1,
        ("decisions", "text_too_long"): 1,
    }


@pytest.mark.parametrize("text", ["", " ", "\u200b"])
@pytest.mark.parametrize(
    ("path", "body", "surface"),
    [
        ("/v1/decisions", lambda text: {"items": [{"text": text}]}, "decisions"),
        ("/v1/moderations", lambda text: {"input": text}, "moderations"),
        (ANALYZE, comment, "comments"),
    ],
)
def test_an_empty_text_is_counted_once_in_every_format(
    post: Post, path: str, body: Callable[[str], dict[str, Any]], surface: str, text: str
) -> None:
    assert post(path, body(text)) == {(surface, "empty_content"): 1}


def test_a_comment_that_is_not_to_be_stored_is_not_counted(post: Post) -> None:
    assert post(ANALYZE, comment("", doNotStore=True)) == {}


def test_a_request_of_the_wrong_form_is_no_item(post: Post) -> None:
    assert post("/v1/decisions", {"items": [{"text": 5}]}) == {}
    assert post("/v1/moderations", {"input": 5}) == {}
    assert post(ANALYZE, {"comment": {"text": 5}}) == {}


def test_items_of_a_full_queue_are_counted(engine: Engine, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise overloaded()

    monkeypatch.setattr(engine.batcher, "submit", refuse)
    assert post("/v1/moderations", {"input": ["one", "two"]}) == {("moderations", "overloaded"): 2}
    spans = comment("One sentence. Another one.", spanAnnotations=True)
    assert post(ANALYZE, spans) == {("comments", "overloaded"): 1}


def test_what_the_server_itself_tries_again_is_not_counted_each_time(engine: Engine) -> None:
    ask = Ask("jobs", "default", is_background=True)
    for code in (FailureCode.OVERLOADED, FailureCode.DEADLINE_EXCEEDED, FailureCode.UNSCORABLE):
        engine.recording.fail(code, ask, 0)
    assert counted(engine.recording) == {("jobs", "unscorable"): 1}


def test_pictures_that_find_no_room_are_counted(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'seen.db'}", metrics_dir=tmp_path)
    engine = open_engine(settings, seeing_models, SpellingReader())
    engine.budget.claim(settings.max_image_bytes_in_flight)
    item = Posted("", (b"bytes",), 0.0)
    with pytest.raises(RequestError, match="full"):
        engine.examine([item, item], Ask("decisions", "default"), lambda _: None)
    assert counted(engine.recording) == {("decisions", "overloaded"): 2}
    engine.budget.release(settings.max_image_bytes_in_flight)
    asyncio.run(engine.close())
    engine.database.dispose()
