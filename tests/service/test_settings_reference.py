"""The reference of settings: complete, and the document is what the command prints."""

from pathlib import Path

from typer.testing import CliRunner

from scripts.cli import app
from service.settings import Settings
from service.settings_reference import describe_settings, settings_markdown

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
