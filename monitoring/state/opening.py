"""Opening the state: created where there is none, refused where a newer Weir wrote it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection as SqliteConnection
from sqlite3 import Error as SqliteError
from typing import Final

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from monitoring.errors import MonitoringError
from monitoring.home import Home
from monitoring.state.tables import VERSION, metadata

_WAIT_S: Final = 30


def open_state(home: Home) -> Engine:
    """Open the database of a home, with its tables.

    Raises:
        MonitoringError: it cannot be opened, is damaged, or was written by a newer Weir.

    """
    try:
        home.make()
        descriptor = os.open(home.state, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.close(descriptor)
    except OSError as error:
        raise home.unusable(error) from error
    engine = create_engine(f"sqlite:///{home.state}", connect_args={"timeout": _WAIT_S})
    event.listen(engine, "connect", _configure)
    try:
        with writing(engine) as connection:
            _prepare(connection, home)
    except MonitoringError:
        engine.dispose()
        raise
    return engine


def _configure(connection: SqliteConnection, _record: object) -> None:
    """Let pysqlite leave transactions to `writing`, and readers not wait for a run."""
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", f"busy_timeout = {_WAIT_S * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare(connection: Connection, home: Home) -> None:
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version > VERSION:
        raise MonitoringError(
            f"{home.state} was written by a newer Weir (version {version}, this one reads {VERSION}): update Weir"
        )
    metadata.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write: all of it, or nothing. Takes its turn at once, so that what it reads stays true.

    Raises:
        MonitoringError: the database does not take it.

    """
    with readable(engine), engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


@contextmanager
def readable(engine: Engine) -> Iterator[None]:
    """What goes wrong with the state as an error that says what to do.

    Raises:
        MonitoringError: it cannot be used, or what is kept in it is damaged.

    """
    try:
        yield
    except ValidationError:
        raise MonitoringError(
            f"{engine.url.database} holds what this Weir cannot read: it is damaged, or of another version; move it "
            "away, and the next run starts a new one, without the history of runs and alarms"
        ) from None
    except (DatabaseError, SqliteError) as error:
        why = error.orig if isinstance(error, DatabaseError) else error
        raise MonitoringError(
            f"{engine.url.database} cannot be used: {why}. If the disk is full, make room; if the file is damaged, "
            "move it away: the next run starts a new one, without the history of runs and alarms"
        ) from None
