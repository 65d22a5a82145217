"""Settings: from the environment, checked, frozen."""

import pytest
from pydantic import ValidationError

from service.settings import Settings, SettingsError, load_settings


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_MAX_ITEMS", "7")
    assert Settings().max_items == 7


def test_an_illegal_value_names_its_variable_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_DEADLINE_MS", "soonmarker")
    load_settings.cache_clear()
    with pytest.raises(SettingsError, match=r"^WEIR_DEADLINE_MS: ") as refused:
        load_settings()
    assert "soonmarker" not in str(refused.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().max_items = 3  # type: ignore[misc]


def test_the_digest_key_is_not_printed() -> None:
    assert "hunter2" not in repr(Settings(digest_key="hunter2"))  # type: ignore[arg-type]


def test_a_batch_of_32_fits_the_defaults() -> None:
    assert Settings().max_items >= 32


def test_an_empty_variable_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_FETCH_IMAGES", "")
    monkeypatch.setenv("WEIR_MAX_ITEMS", "")
    assert not Settings().fetch_images
    assert Settings().max_items == 1_000
