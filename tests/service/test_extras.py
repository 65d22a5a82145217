"""Extras: a setting that needs one says so before anything starts, with the command that installs it."""

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from service import extras
from service.extras import EXTRAS, ExtraMissingError, how_to_install, is_installed, require_extras
from service.records.schema import DatabaseError, open_database
from service.settings import Settings, load_settings

REPOSITORY = Path(__file__).parents[2]
WANTING = [
    ("redis", {"WEIR_CACHE_URL": "redis://canary-host:6379/0"}),
    ("otel", {"WEIR_TRACES": "true"}),
    ("otel", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://canary-host:4318"}),
    ("postgres", {"WEIR_DATABASE_URL": "postgresql+psycopg://canary-host/weir"}),
]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without any extra."""
    real = importlib.util.find_spec
    modules = {extra.module for extra in EXTRAS.values()}
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in modules else real(name))


def test_extras_are_those_of_the_package() -> None:
    declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert all(declared["optional-dependencies"][name] == [extra.requirement] for name, extra in EXTRAS.items())


@pytest.mark.parametrize(("name", "given"), WANTING)
@pytest.mark.usefixtures("bare")
def test_serve_does_not_start_without_an_extra_that_it_needs(
    name: str, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    load_settings.cache_clear()
    refused = CliRunner().invoke(app, ["serve"])
    load_settings.cache_clear()
    assert refused.exit_code == 2
    assert refused.stderr.count("\n") == 1
    assert f"the extra {name}: " in refused.stderr
    assert f"-m pip install '{EXTRAS[name].requirement}'" in refused.stderr
    assert "canary" not in refused.stderr


@pytest.mark.usefixtures("bare")
def test_nothing_is_needed_by_default() -> None:
    require_extras(Settings())


@pytest.mark.usefixtures("bare")
def test_a_cache_that_is_off_needs_no_redis() -> None:
    require_extras(Settings(cache_url="redis://host", cache_entries=0))  # type: ignore[arg-type]


def test_a_module_whose_package_is_missing_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> ModuleType | None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(extras, "find_spec", find)
    assert not is_installed("otel")
    with pytest.raises(ExtraMissingError, match="WEIR_TRACES needs the extra otel"):
        require_extras(Settings(traces=True))


def test_the_command_is_of_the_environment_that_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", str(tmp_path / ".venv-serve" / "bin" / "python"))
    assert how_to_install("redis") == "the extra redis: .venv-serve/bin/python -m pip install 'redis>=8.1,<9'"


def test_a_driver_that_is_missing_is_told_with_the_extra_that_brings_one() -> None:
    with pytest.raises(DatabaseError, match=r"the extra postgres: .* install 'psycopg") as refused:
        open_database("postgresql+psycopg2://canary:canary@host/weir")
    assert "canary" not in str(refused.value)
