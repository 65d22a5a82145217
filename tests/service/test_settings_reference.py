"""The reference of settings: complete, and the document is what the command prints."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from service.settings import Settings, load_settings
from service.settings_reference import current_values, describe_settings, settings_markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_setting_has_a_meaning() -> None:
    entries = describe_settings()
    assert len(entries) == len(Settings.model_fields)
    assert all(entry.meaning for entry in entries)


def test_the_document_has_the_table_as_the_command_prints_it() -> None:
    assert settings_markdown() in DOCUMENT.read_text(encoding="utf-8")


def test_a_default_that_names_no_secret_is_shown() -> None:
    shown = {entry.variable: entry.default for entry in describe_settings()}
    assert shown["WEIR_POLICY"] == "service/policies/default.yaml"
    assert shown["WEIR_FETCH_IMAGES"] == "false"
    assert shown["WEIR_ADMIN_TOKEN"] == ""


def test_the_command_finds_settings_by_a_word() -> None:
    result = CliRunner().invoke(app, ["settings", "cache"], env={"COLUMNS": "200"})
    assert "WEIR_CACHE_ENTRIES" in result.output
    assert "WEIR_FETCH_IMAGES" not in result.output


def test_a_word_that_no_setting_has_is_told() -> None:
    result = CliRunner().invoke(app, ["settings", "nosuch"])
    assert result.exit_code == 1
    assert "no setting has 'nosuch'" in result.stderr


def test_current_values_are_shown_and_secrets_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_MAX_ITEMS", "77")
    monkeypatch.setenv("WEIR_ADMIN_TOKEN", "canary-token")
    monkeypatch.setenv("WEIR_CACHE_URL", "redis://:canary-cache@host")
    monkeypatch.setenv("WEIR_DATABASE_URL", "postgresql+psycopg://weir:canary@base@host/weir?password=canary-too")
    load_settings.cache_clear()
    result = CliRunner().invoke(app, ["settings", "--current"], env={"COLUMNS": "200"})
    load_settings.cache_clear()
    assert result.exit_code == 0
    assert "77" in result.output
    assert "postgresql+psycopg://weir:***@host/weir?password=***" in result.output
    assert result.output.count("***") == 4
    assert "canary" not in result.output


def test_current_values_are_complete() -> None:
    assert list(current_values(Settings())) == [entry.variable for entry in describe_settings()]
