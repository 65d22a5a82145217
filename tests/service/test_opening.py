"""Opening a database: what is not there is told and not made, and what is made is its owner's alone."""

import stat
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from service.records.ledger import record_event, write_transaction
from service.records.opening import missing_file, open_existing, shown
from service.records.schema import DatabaseError, open_database


def test_what_is_not_there_is_named_and_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseError, match=f"no database {tmp_path}/weir.db; WEIR_DATABASE_URL"):
        open_existing("sqlite:///weir.db")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'weir.db'}"
    open_database(url).dispose()
    assert missing_file(url) is None
    open_existing(url).dispose()


@pytest.mark.parametrize("url", ["sqlite://", "postgresql+psycopg://weir@127.0.0.1:1/weir"])
def test_what_is_no_file_is_never_missing(url: str) -> None:
    assert missing_file(url) is None


def test_what_is_no_url_is_one_line() -> None:
    with pytest.raises(DatabaseError, match=r"^WEIR_DATABASE_URL: not the URL of a database$"):
        open_existing("nonsense")


def test_all_files_of_a_database_are_their_owners_alone(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'weir.db'}")
    with write_transaction(engine) as connection:
        record_event(connection, "test.done", "cli", None, {})
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    engine.dispose()
    assert modes == dict.fromkeys(("weir.db", "weir.db-wal", "weir.db-shm", "weir.db-turn"), 0o600)


def test_the_mode_of_a_database_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "weir.db"
    path.touch()
    path.chmod(0o640)
    open_database(f"sqlite:///{path}").dispose()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_people_are_shown_a_path_or_a_url_without_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(make_url("sqlite:///weir.db")) == str(tmp_path / "weir.db")
    url = "postgresql+psycopg://weir:hunter2@db/weir?sslpassword=hunter2"
    assert shown(make_url(url)) == "postgresql+psycopg://weir:***@db/weir"
