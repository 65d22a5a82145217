"""A database with a small chain: decisions of two authors and some events. On SQLite, and on Postgres where it is."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine

from service.records.ledger import record_event, write_transaction
from service.records.schema import open_database
from tests.service.rows import add_decider, decision_row, write_decisions

NOBODY: Final = 65534


def as_nobody() -> dict[str, int]:
    """Postgres refuses to run as root."""
    return {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A throwaway server that listens on a socket in its own folder; its URL ends where the database's name begins."""
    pytest.importorskip("psycopg")
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("no Postgres on this machine")
    folder = Path(tempfile.mkdtemp(prefix="weir-postgres-", dir="/tmp"))  # a socket's path is at most 107 characters
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    data = folder / "data"

    def run(*command: str | Path, check: bool = True) -> None:
        subprocess.run(command, check=check, capture_output=True, cwd=folder, **as_nobody())

    try:
        run("initdb", "-D", data, "-U", "weir", "--auth=trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run("pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        yield f"postgresql+psycopg://weir@/{{name}}?host={folder}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'log.db'}"
    pattern: str = request.getfixturevalue("postgres")
    import psycopg

    name = f"t{abs(hash(request.node.nodeid)):x}"
    address = pattern.format(name="postgres").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        connection.execute(f'CREATE DATABASE "{name}"')
    return pattern.format(name=name)


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    """An empty log."""
    engine = open_database(url)
    add_decider(engine)
    yield engine
    engine.dispose()


def add_event(database: Engine, kind: str = "policy.activated") -> str:
    """One event."""
    with write_transaction(database) as connection:
        return record_event(connection, kind, "cli:test", None, {"policy": "default"})


@pytest.fixture
def chained(database: Engine) -> Engine:
    """Ten entries: two decisions of each of two authors, an event, and so on."""
    for group in range(2):
        write_decisions(
            database,
            *(decision_row(subject=author * 64, content_id=f"{author}-{group}") for author in "abab"),
        )
        add_event(database)
    return database
