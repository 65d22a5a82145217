"""Which commands may make a database: those that begin something, and they say where; all others refuse."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scripts.cli import app
from service.settings import ROOT, load_settings

READERS = (
    "audit verify", "audit head", "audit purge", "audit purge --dry-run", "erase --subject someone --yes",
    "audit dsa --since 2026-01-01 --until 2026-01-02 --out out", "reviews list", "reviews stats", "reviews claim",
    "labels export --out labels.jsonl", "policy history", "policy list", "policy show abc", "policy rollback",
    f"policy replay --policy {ROOT / 'service' / 'policies' / 'default.yaml'}", "policy shadow show", "key list",
    "key revoke abc", "key rotate abc", "bank list", "bank show guns", "bank delete guns --yes",
)  # fmt: skip
BEGINNERS = (
    "key create --name shop", "bank create guns --category weapons --action remove",
    f"policy add {ROOT / 'service' / 'policies' / 'default.yaml'}",
)  # fmt: skip


@pytest.fixture
def weir_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the default database would be made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WEIR_DATABASE_URL", raising=False)
    load_settings.cache_clear()
    return tmp_path


def weir(command: str) -> Result:
    return CliRunner().invoke(app, command.split())


@pytest.mark.parametrize("command", READERS)
def test_a_command_that_only_reads_makes_no_database(command: str, weir_in: Path) -> None:
    result = weir(command)
    assert result.exit_code == 2
    assert f"no database {weir_in / 'weir.db'}" in result.stderr
    assert "WEIR_DATABASE_URL" in result.stderr
    assert not list(weir_in.glob("weir.db*"))


@pytest.mark.parametrize("command", BEGINNERS)
def test_a_command_that_begins_something_says_where_once(command: str, weir_in: Path) -> None:
    first, second = weir(command), weir("key list")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert f"made the database {weir_in / 'weir.db'}" in first.stderr
    assert "made the database" not in second.stderr


@pytest.mark.parametrize("command", ["audit verify", "audit purge", "erase --subject someone --yes"])
def test_what_matters_names_its_database_to_people_alone(command: str, weir_in: Path) -> None:
    weir("key create --name shop")
    assert f"database: {weir_in / 'weir.db'}" in weir(command).stderr
    assert "database:" not in weir(f"{command} --json").output
