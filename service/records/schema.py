"""The schema of the decision log: brought up to date at start, by whichever worker comes first."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from service.extras import how_to_install

HEAD: Final = "0010"
"""The newest revision; a test holds it against the migrations."""
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x57454952
"""Number of the Postgres advisory lock ("WEIR" in ASCII)."""


class DatabaseError(Exception):
    """The decision log cannot be opened; the message says what to change and never shows the URL's password."""


def open_database(url: str) -> Engine:
    """Connect and bring the schema up to date.

    Several workers may do this at once: the first takes the write lock, the others wait and find the work done.

    Raises:
        DatabaseError: The URL is not one, its driver is missing, or the database does not answer.

    """
    try:
        is_file = make_url(url).get_backend_name() == "sqlite"
        engine = create_engine(url, pool_pre_ping=not is_file)  # a connection to a file does not go away
    except (ArgumentError, NoSuchModuleError) as error:
        raise DatabaseError(f"WEIR_DATABASE_URL: no database driver for it ({type(error).__name__})") from None
    except ImportError:
        raise DatabaseError(
            f"WEIR_DATABASE_URL: its driver is not installed. Postgres is postgresql+psycopg://, with "
            f"{how_to_install('postgres')}"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
        _make_private(sqlite_file(engine.url))
    try:
        with engine.connect() as connection:
            _upgrade(connection)
    except Exception as error:
        engine.dispose()
        shown = make_url(url).render_as_string(hide_password=True)
        raise DatabaseError(f"{shown}: the decision log cannot be opened ({type(error).__name__})") from error
    return engine


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite database, as the URL names it; None for one in memory, and for any other database."""
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)


def _make_private(path: Path | None) -> None:
    """Make the file before SQLite does, readable by its owner alone; SQLite gives the files beside it the same mode.

    A file that is there is left alone: closing another descriptor of it would drop the locks that SQLite has on it.
    """
    if path is not None and not os.path.exists(path):  # noqa: PTH110 - never raises
        with suppress(OSError):  # another process was first, or SQLite is about to say why it cannot be made
            os.close(os.open(os.path.realpath(path), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _tune_sqlite(connection: object, _: ConnectionPoolEntry) -> None:
    """WAL lets workers read while one writes; NORMAL syncs at checkpoints: a power cut may lose the last commits."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _upgrade(connection: Connection) -> None:
    if _revision(connection) == HEAD:
        return
    connection.rollback()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    if _revision(connection) != HEAD:
        _migrate(connection)
    connection.commit()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
