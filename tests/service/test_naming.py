"""Names of models: what is loaded, what it is called, and what a deployment pins."""

from pathlib import Path

import pytest

from service.bundles import BundlesError, find_bundles, load_models
from service.naming import DEFAULT_ALIASES, TEXT_ALIASES, LoadedBundle, found_bundles, loaded_bundles, name_models
from service.settings import Settings, SettingsError, load_settings
from service.wire.model_schemas import Model, ModelList
from tests.service.conftest import Ask

LOADED = {"text-a-1.0.0": LoadedBundle(10), "image-b-2.0.0": LoadedBundle(20, sees=True)}
JOINED = LOADED | {"joint-c-3.0.0": LoadedBundle(15, reads="image-b-2.0.0")}


@pytest.mark.parametrize("alias", sorted({*DEFAULT_ALIASES} - {*TEXT_ALIASES}))
def test_aliases_mean_all_that_is_loaded(alias: str) -> None:
    found = name_models(LOADED, {}).find(alias)
    assert found is not None
    assert (found.bundles, found.made_at, found.sees) == (("text-a-1.0.0", "image-b-2.0.0"), 20, True)


@pytest.mark.parametrize("alias", TEXT_ALIASES)
def test_aliases_of_text_models_mean_the_text_bundle(alias: str) -> None:
    found = name_models(LOADED, {}).find(alias)
    assert found is not None
    assert (found.bundles, found.made_at, found.sees) == (("text-a-1.0.0",), 10, False)


def test_an_alias_of_a_text_model_may_be_pinned_to_more() -> None:
    found = name_models(LOADED, {"text-moderation-latest": "text-a-1.0.0+image-b-2.0.0"}).find("text-moderation-latest")
    assert found is not None
    assert found.sees


def test_a_pinned_alias_means_what_it_is_pinned_to() -> None:
    names = name_models(LOADED, {"omni-moderation-latest": "text-a-1.0.0", "ours": "text-a-1.0.0+image-b-2.0.0"})
    pinned, ours = names.find("omni-moderation-latest"), names.find("ours")
    assert pinned is not None
    assert ours is not None
    assert (pinned.bundles, ours.bundles) == (("text-a-1.0.0",), ("text-a-1.0.0", "image-b-2.0.0"))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("text-a-0.9.0", "which is not loaded"),
        ("text-a-1.0.0+image-b-2.0.1", "image-b-2.0.1, which is not loaded"),
        ("image-b-2.0.0", "without the text bundle"),
        ("text-a-1.0.0+text-a-1.0.0", "twice"),
        ("text-a-1.0.0+joint-c-3.0.0", "without the image bundle that it reads, image-b-2.0.0"),
    ],
)
def test_an_alias_that_cannot_be_kept_is_an_error(target: str, words: str) -> None:
    with pytest.raises(BundlesError, match=words):
        name_models(JOINED, {"weir-latest": target})


def test_all_bundles_together_are_listed_by_their_own_name() -> None:
    assert "text-a-1.0.0+image-b-2.0.0+joint-c-3.0.0" in name_models(JOINED, {}).listed


def test_bundles_on_disk_have_the_names_of_the_same_bundles_once_open() -> None:
    folder = Path(__file__).parents[2] / "models" / "bundles"
    found, opened = found_bundles(find_bundles(folder)), loaded_bundles(load_models(folder))
    assert found == opened


@pytest.mark.parametrize("name", ["", "text-a", "text-a-1.0.1", "image-b-2.0.0", "text-a-1.0.0+", "gpt-4o"])
def test_other_names_mean_nothing(name: str) -> None:
    assert name_models(LOADED, {}).find(name) is None


def test_the_names_of_an_answer_may_be_asked_for() -> None:
    found = name_models(LOADED, {}).find("text-a-1.0.0+image-b-2.0.0")
    assert found is not None
    assert len(found.bundles) == 2


def test_models_are_listed_and_found(ask: Ask) -> None:
    listed = ModelList.model_validate_json(ask("GET", "/v1/models").content).data
    assert {model.id for model in listed} == {"hashing-1.0.0", *DEFAULT_ALIASES}
    for model in listed:
        assert Model.model_validate_json(ask("GET", f"/v1/models/{model.id}").content) == model


@pytest.mark.parametrize("name", ["gpt-4o", "hashing", "%00", "a/b", ""])
def test_a_model_that_is_not_there_is_404(ask: Ask, name: str) -> None:
    response = ask("GET", f"/v1/models/{name}")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("extra", [{"stream": True}, {"stream_options": {"x": 1}}, {"user": "somebody"}])
def test_fields_of_other_endpoints_change_nothing(ask: Ask, extra: dict[str, object]) -> None:
    plain = ask("POST", "/v1/moderations", json={"input": "you lovely people"}).json()["results"]
    assert ask("POST", "/v1/moderations", json={"input": "you lovely people"} | extra).json()["results"] == plain


def test_aliases_are_read_from_json_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "aliases.yaml"
    path.write_text("weir-latest: text-a-1.0.0\n", encoding="utf-8")
    for value in ('{"weir-latest": "text-a-1.0.0"}', str(path)):
        monkeypatch.setenv("WEIR_MODEL_ALIASES", value)
        assert Settings().model_aliases == {"weir-latest": "text-a-1.0.0"}


@pytest.mark.parametrize("value", ["nowhere.yaml", "{", '["a"]', '{"a b": "c"}', '{"a": ["b"]}', '{"a": "b c"}'])
def test_malformed_aliases_name_their_variable(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("WEIR_MODEL_ALIASES", value)
    load_settings.cache_clear()
    with pytest.raises(SettingsError, match=r"^WEIR_MODEL_ALIASES: "):
        load_settings()
