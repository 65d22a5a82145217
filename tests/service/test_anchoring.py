"""Anchoring: whoever starts the service and its workers mean the same files, whatever folder they run in."""

from pathlib import Path

import pytest

from service.anchoring import anchored, anchored_url
from service.jobs.files import job_folder
from service.records.schema import DatabaseError
from service.settings import Settings

PATHS = ("WEIR_BUNDLES", "WEIR_POLICY", "WEIR_DSA_PLATFORM", "WEIR_SHADOW_BUNDLE", "WEIR_METRICS_DIR")


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The current folder, and another one in which workers run."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("WEIR_DATABASE_URL", raising=False)
    return here, there


def worker_settings(environment: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What a worker in a folder reads from its environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    return Settings()


def test_the_database_of_the_current_folder_is_that_of_the_workers(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = folders
    found = worker_settings(anchored({}, Settings()), there, monkeypatch)
    assert found.database_url == f"sqlite:///{here}/weir.db"
    assert job_folder(found) == here / "jobs"


def test_every_path_that_was_set_is_absolute_for_workers(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = folders
    given = {name: f"some/{name}" for name in PATHS} | {"WEIR_JOBS_DIR": "some/WEIR_JOBS_DIR"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    environment = anchored(given, Settings())
    found = worker_settings(environment, there, monkeypatch)
    read = (found.bundles, found.policy, found.dsa_platform, found.shadow_bundle, found.metrics_dir, found.jobs_dir)
    assert read == tuple(here / "some" / name for name in given)


def test_a_file_of_aliases_is_absolute_and_aliases_themselves_stay(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = folders
    (here / "aliases.yaml").write_text("{a: text-1.0}")
    found = worker_settings(anchored({"WEIR_MODEL_ALIASES": "aliases.yaml"}, Settings()), there, monkeypatch)
    assert found.model_aliases == {"a": "text-1.0"}
    written = '{"a": "text-1.0"}'
    assert anchored({"WEIR_MODEL_ALIASES": written}, Settings())["WEIR_MODEL_ALIASES"] == written


@pytest.mark.usefixtures("folders")
def test_what_was_not_set_stays_so() -> None:
    """A policy file that was set is adopted as chosen, so setting its default would mean something else."""
    assert set(anchored({}, Settings())) == {"WEIR_DATABASE_URL", "WEIR_JOBS_DIR"}


@pytest.mark.usefixtures("folders")
def test_a_variable_in_small_letters_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("weir_bundles", "mine")
    found = anchored({"weir_bundles": "mine", "HOME": "/root"}, Settings())
    assert ("weir_bundles" in found, found["WEIR_BUNDLES"], found["HOME"]) == (False, f"{Path.cwd()}/mine", "/root")


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:////data/weir.db", "postgresql+psycopg://weir:p%40ss@db/weir?sslmode=require"]
)
def test_other_databases_stay_as_they_are(url: str) -> None:
    assert anchored_url(url) == url


def test_the_options_of_a_url_stay(folders: tuple[Path, Path]) -> None:
    assert anchored_url("sqlite:///a/b.db?timeout=5") == f"sqlite:///{folders[0]}/a/b.db?timeout=5"


def test_what_is_no_url_is_one_line() -> None:
    with pytest.raises(DatabaseError, match="WEIR_DATABASE_URL"):
        anchored_url("nonsense")
