"""What a model's name means for pictures: the bundles of the name answer, and no others."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.bundles import BundlesError
from service.engine import open_engine
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.settings import Settings
from tests.service.conftest import Ask, asker
from tests.service.vision.seeing import GREY, RED, SpellingReader, flat, picture, seeing_models
from tests.service.vision.test_moderations import image_part, text_part

TEXT = "hashing-1.0.0"
SEEING = f"{TEXT}+colours-1.0.0"
ALL = f"{SEEING}+jointly-1.0.0"
PINS = {"omni-moderation-latest": TEXT, "text-moderation-stable": ALL, "shop": SEEING}


@pytest.fixture(scope="module")
def pinned_product(seeing_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductApp]:
    folder = tmp_path_factory.mktemp("pinned")
    changed = {
        "model_aliases": PINS,
        "database_url": f"sqlite:///{folder / 'weir.db'}",
        "metrics_dir": folder / "metrics",
    }
    engine = open_engine(seeing_settings.model_copy(update=changed), seeing_models, SpellingReader())
    app = ProductApp()
    app.api = build_api(engine)
    yield app
    assert asyncio.run(engine.close()) == 0


@pytest.fixture(scope="module", params=["asgi", "socket"])
def pinned(request: pytest.FixtureRequest, pinned_product: ProductApp) -> Ask:
    return asker(request.param, pinned_product)


def body(model: str | None) -> dict[str, object]:
    named = {} if model is None else {"model": model}
    return named | {"input": [text_part("you idiot"), image_part(picture(RED))]}


@pytest.mark.parametrize("model", ["omni-moderation-latest", TEXT, "text-moderation-latest", "text-moderation-007"])
def test_pictures_are_refused_where_the_name_means_the_text_bundle(pinned: Ask, model: str) -> None:
    answer = pinned("POST", "/v1/moderations", json=body(model))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "unsupported_modality", "input")


@pytest.mark.parametrize("model", ["omni-moderation-latest", TEXT, "text-moderation-latest", "shop", ALL])
def test_texts_are_answered_by_the_text_bundle_of_every_name(pinned: Ask, model: str) -> None:
    answer = pinned("POST", "/v1/moderations", json={"model": model, "input": "you idiot"})
    assert (answer.status_code, answer.json()["model"]) == (200, TEXT)


@pytest.mark.parametrize(("model", "bundles"), [("shop", SEEING), (SEEING, SEEING), ("text-moderation-stable", ALL)])
def test_pictures_are_answered_by_the_bundles_of_the_name(pinned: Ask, model: str, bundles: str) -> None:
    assert pinned("POST", "/v1/moderations", json=body(model)).json()["model"] == bundles


@pytest.mark.parametrize("model", [None, "weir-latest", "omni-moderation-2024-09-26", ALL])
def test_names_without_a_pin_mean_all_bundles(pinned: Ask, model: str | None) -> None:
    assert pinned("POST", "/v1/moderations", json=body(model)).json()["model"] == ALL


def test_a_category_of_a_bundle_that_was_not_asked_is_not_applied(pinned: Ask) -> None:
    (result,) = pinned("POST", "/v1/moderations", json=body("shop")).json()["results"]
    applied = result["category_applied_input_types"]
    assert (applied["harmful-meme"], applied["weapons"]) == ([], ["image"])


@pytest.mark.parametrize("model", [*PINS, "text-moderation-007", "weir-latest", ALL])
def test_the_list_says_which_bundles_answer(pinned: Ask, model: str) -> None:
    listed = {entry["id"]: entry for entry in pinned("GET", "/v1/models").json()["data"]}
    means = PINS.get(model, TEXT if model == "text-moderation-007" else ALL)
    assert listed[model]["bundles"] == means.split("+")
    assert pinned("GET", f"/v1/models/{model}").json() == listed[model]


def test_a_joint_bundle_is_no_model_without_its_image_bundle(pinned: Ask) -> None:
    answer = pinned("POST", "/v1/moderations", json=body(f"{TEXT}+jointly-1.0.0"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


def test_a_picture_alone_is_answered_by_the_bundles_of_the_name(pinned: Ask) -> None:
    answer = pinned("POST", "/v1/moderations", json={"model": "shop", "input": [image_part(flat(GREY))]})
    assert answer.json()["model"] == "colours-1.0.0"


def test_a_pin_to_what_is_not_loaded_does_not_start(seeing_settings: Settings, tmp_path: Path) -> None:
    changed = {
        "model_aliases": {"shop": f"{TEXT}+colours-1.0.1"},
        "database_url": f"sqlite:///{tmp_path / 'weir.db'}",
        "metrics_dir": tmp_path / "metrics",
    }
    engine = open_engine(seeing_settings.model_copy(update=changed), seeing_models, SpellingReader())
    with pytest.raises(BundlesError, match=r"colours-1\.0\.1, which is not loaded"):
        build_api(engine)
    assert asyncio.run(engine.close()) == 0
