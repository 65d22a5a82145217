"""`weir monitor reference` and `weir monitor check` over a small store."""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitoring.reference.storing import load_reference
from scripts.cli import app

BUNDLE = Path("models/bundles/text-minilm")
START = datetime(2026, 1, 1, tzinfo=UTC)
START_US = round(START.timestamp() * 1e6)


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["monitor", *arguments, "--home", str(home)])


def at(hours: int) -> str:
    return (START + timedelta(hours=hours)).isoformat()


@pytest.fixture
def store(make_store: Callable[..., str]) -> str:
    return make_store(2_400, 1, start_us=START_US, hours=48.0)


def test_a_period_becomes_a_reference_and_the_next_day_is_clear(store: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    built = run(home, "reference", "build", "--from", at(0), "--to", at(24), "--source", store, "--json")
    assert built.exit_code == 0, built.output
    listed = run(home, "reference", "list", "--json")
    assert json.loads(listed.stdout)[0]["id"] == json.loads(built.stdout)["id"]
    checked = run(home, "check", "--now", at(48), "--source", store, "--json")
    assert checked.exit_code == 0, checked.output
    assert json.loads(checked.stdout)[0]["status"] == "clear"


def test_a_period_without_decisions_is_undetermined(store: str, tmp_path: Path) -> None:
    checked = run(tmp_path, "check", "--now", at(200), "--source", store)
    assert checked.exit_code == 4
    assert "no decisions" in checked.stdout


def test_a_check_without_a_reference_is_undetermined_and_says_how_to_build_one(store: str, tmp_path: Path) -> None:
    checked = run(tmp_path, "check", "--now", at(48), "--source", store)
    assert checked.exit_code == 4
    assert "weir monitor reference build" in checked.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2026-01-02", "--to", "2026-01-01"), "--from is not before --to"),
        (("--from", "2025-01-01", "--to", "2025-01-02"), "no decisions from 2025-01-01"),
        (("--data", "nowhere"), "weir data build"),
    ],
)
def test_what_cannot_be_built_is_said(store: str, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    built = run(tmp_path, "reference", "build", *arguments, "--source", store)
    assert built.exit_code == 2
    assert said in " ".join(built.output.split())


def test_an_unknown_reference_is_said(tmp_path: Path) -> None:
    assert run(tmp_path, "reference", "show", "nonesuch").exit_code == 2


def test_the_shipped_bundle_has_a_reference_of_its_own() -> None:
    from models.runtime.bundle import load_text_bundle

    reference = load_reference(BUNDLE / "reference")
    assert reference.bundle_digest == load_text_bundle(BUNDLE).digest
    assert not reference.has_times
    assert "score:toxicity" in reference.window.frame
    assert "tenant" not in reference.window.frame


def test_decisions_of_nobody_are_not_no_decisions(store: str, tmp_path: Path) -> None:
    with sqlite3.connect(store.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE deciders SET bundles = 'nonsense'")
    connection.close()
    checked = run(tmp_path, "check", "--now", at(48), "--source", store)
    assert checked.exit_code == 4
    assert "does not say which bundle decided" in checked.stdout
    built = run(tmp_path, "reference", "build", "--from", at(0), "--to", at(48), "--source", store)
    assert built.exit_code == 2
    assert "does not say which bundle decided" in " ".join(built.output.split())


def test_a_reference_that_cannot_be_written_is_said(store: str, tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    built = run(tmp_path / "home", "reference", "build", "--from", at(0), "--to", at(24), "--source", store)
    assert built.exit_code == 2
    assert "cannot be written" in " ".join(built.output.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("out.parquet", "--from", "2026-01-02", "--to", "2026-01-01"), "--from is not before --to"),
        ((".",), "a folder"),
    ],
)
def test_an_export_of_nothing_or_to_nowhere_is_refused(store: str, arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, ["monitor", "export", *arguments, "--source", store])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_message_is_shown_as_it_is() -> None:
    assert ":x" in CliRunner().invoke(app, ["monitor", "check", "--source", "file:x:"]).stderr
