"""What is kept of an item with images: features, scores and their sources; never a pixel and never a word."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.asking import Ask
from service.engine import Engine, open_engine
from service.records.tables import deciders, decisions
from service.settings import Settings
from service.vision.examiner import Examined
from service.vision.finding import Posted
from tests.service.vision.seeing import GREEN, GREY, SpellingReader, flat, gif, picture, png, seeing_models, wordy

ASK = Ask("decisions", "default")
Rows = list[dict[str, Any]]


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[tuple[Engine, Rows]]:
    """Three items with images and one text, in this order; the second fails."""
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'log.db'}", metrics_dir=tmp_path, record_interval_ms=20)
    engine = open_engine(settings, seeing_models, SpellingReader())
    told: list[Examined] = []

    async def scenario() -> None:
        items = [
            ("you secretmarker", (png(flat(wordy(1), side=90)), png(picture(GREEN)))),
            ("", (b"broken",)),
            ("", (gif(flat(GREY), picture(GREEN)),)),
        ]
        for text, images in items:
            engine.examine([Posted(text, images, 1e12)], ASK, told.extend)
            while len(told) < items.index((text, images)) + 1:
                await asyncio.sleep(0.01)
        engine.submit(["lovely"], ASK, lambda _: None)
        assert await engine.close() == 0

    asyncio.run(scenario())
    with engine.database.connect() as connection:
        found = connection.execute(select(decisions, deciders).join(deciders).order_by(decisions.c.decided_at_us))
        rows = [dict(row) for row in found.mappings()]
    yield engine, rows
    engine.database.dispose()


def test_every_decided_item_is_recorded_and_no_failure_is(recorded: tuple[Engine, Rows]) -> None:
    assert [row["modalities"] for row in recorded[1]] == ["text,image", "image", "text"]


def test_projected_embeddings_of_the_text_and_the_first_image_are_kept(recorded: tuple[Engine, Rows]) -> None:
    lengths = [[row[name] and len(row[name]) for name in ("text_vector", "image_vector")] for row in recorded[1]]
    assert lengths == [[32, 32], [None, 32], [32, None]]


def test_whether_the_text_was_cached_is_kept_where_there_is_one(recorded: tuple[Engine, Rows]) -> None:
    assert [row["cached"] for row in recorded[1]] == [False, None, False]


def test_features_of_images_are_kept(recorded: tuple[Engine, Rows]) -> None:
    both, animated, text = recorded[1]
    kept = [both[name] for name in ("n_images", "image_width", "image_height", "n_frames", "n_text_chars")]
    assert kept == [2, 90, 90, 1, len("you lovely people")]
    assert 0.0 < both["brightness"] < 1.0
    assert (both["n_chars"], animated["n_chars"], animated["n_frames"]) == (len("you secretmarker"), None, 2)
    assert text["n_images"] is text["sources"] is text["brightness"] is None


def test_sources_are_kept_where_they_are_not_the_text(recorded: tuple[Engine, Rows]) -> None:
    both, animated, _ = recorded[1]
    sources = json.loads(both["sources"])
    assert sources["weapons"] == sources["fire"] == "image"
    assert sources["harmful-meme"] == "joint"
    assert set(json.loads(animated["scores"])) == set(json.loads(animated["sources"])) == {"weapons", "fire"}


def test_a_text_names_its_bundle_and_an_item_with_images_all_of_them(recorded: tuple[Engine, Rows]) -> None:
    names = [[bundle["name"] for bundle in json.loads(row["bundles"])] for row in recorded[1]]
    assert names == [["hashing", "colours", "jointly"], ["hashing", "colours", "jointly"], ["hashing"]]


def test_no_word_and_no_file_is_in_the_database(recorded: tuple[Engine, Rows], tmp_path: Path) -> None:
    content = b"".join(file.read_bytes() for file in tmp_path.glob("log.db*"))
    for secret in (b"secretmarker", b"lovely people", b"GIF89a", b"\x89PNG"):
        assert secret not in content


def test_equal_content_has_equal_digests_and_other_images_have_others(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'log.db'}", metrics_dir=tmp_path, record_interval_ms=20)
    engine = open_engine(settings, seeing_models, SpellingReader())

    async def scenario() -> None:
        for images in ((png(flat(GREY)),), (png(flat(GREY)),), (png(flat(GREY, side=70)),)):
            engine.examine([Posted("you", images, 1e12)], ASK, lambda _: None)
        assert await engine.close() == 0

    asyncio.run(scenario())
    with engine.database.connect() as connection:
        digests = (
            connection.execute(select(decisions.c.content_digest).order_by(decisions.c.image_width)).scalars().all()
        )
    engine.database.dispose()
    assert digests[0] == digests[1] != digests[2]
