"""The decision store as a source: SQLite or Postgres, read through a connection of its own that can write nothing.

Every chunk is one short read of its own, so a store that is being written to is read without holding anybody up: a
reader of SQLite's write-ahead log never blocks its writer, and no snapshot stays open in Postgres.
"""

import sqlite3
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, NullPool, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from monitoring.drift.verdicts import Slice
from monitoring.errors import SourceError
from monitoring.windows.deciders import Decider, read_deciders
from monitoring.windows.raw import ABSENT, AT, MINIMUM, RAW, RawRow, RawValue, missing_note
from monitoring.windows.source import ALL, CHUNK, FAILURE_PARTS
from monitoring.windows.window import Period

_TABLE: Final = "decisions"
_DECIDER_COLUMNS: Final = ("id", "policy_name", "policy_version", "bundles", "thresholds")
_BUSY_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True)
class DatabaseSource:
    """Reads the tables of a decision store.

    Attributes:
        engine: whose connections only read.
        tables: columns by table, as this store has them.

    """

    name: str
    engine: Engine
    tables: Mapping[str, frozenset[str]]
    notes: tuple[str, ...]

    @property
    def database(self) -> Engine:
        """For those who read other tables."""
        return self.engine

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def span(self) -> Period | None:
        """From the first decision to just after the last."""
        found = self.query("SELECT min(decided_at_us), max(decided_at_us) FROM decisions")
        first, last = found[0]
        if first is None:
            return None
        if not isinstance(first, int) or not isinstance(last, int):  # SQLite keeps what it is given
            raise SourceError(f"{self.name} has decisions whose time is no number: restore it from a backup")
        return Period(first, last + 1)

    def rows(self, period: Period) -> Iterator[list[RawRow]]:
        """Decisions in the order of time and id: each chunk begins where the last one ended."""
        at_us, decision_id = period.start_us, ""
        while True:
            rows = self.query(self._page(), (at_us, period.end_us, at_us, decision_id))
            if rows:
                yield rows
            if len(rows) < CHUNK:
                return
            at_us, decision_id = int(str(rows[-1][AT["decided_at_us"]])), str(rows[-1][AT["decision_id"]])

    def deciders(self) -> dict[str, Decider]:
        """Everyone who decided, by id."""
        columns = [name for name in _DECIDER_COLUMNS if name in self.tables.get("deciders", ())]
        if "id" not in columns:
            return {}
        rows = self.query(f"SELECT {', '.join(columns)} FROM deciders")  # noqa: S608 - names from above
        return read_deciders(
            {name: None if value is None else str(value) for name, value in zip(columns, row, strict=True)}
            for row in rows
        )

    def failures(self, period: Period, part: Slice = ALL) -> dict[str, int]:
        """Items without a decision, by code."""
        if "item_failures" not in self.tables or part.column not in {None, *FAILURE_PARTS}:
            return {}
        only = "" if part.column is None else f" AND {part.column} = ?"
        given = () if part.column is None else (part.value,)
        rows = self.query(
            f"SELECT code, sum(n_items) FROM item_failures WHERE at_us >= ? AND at_us < ?{only} "  # noqa: S608
            "GROUP BY code ORDER BY code",
            (period.start_us, period.end_us, *given),
        )
        return {str(code): int(str(count)) for code, count in rows}

    def query(self, statement: str, given: Sequence[RawValue] = ()) -> list[RawRow]:
        """All rows of a statement, straight from the driver; with `?` for what is given.

        Raises:
            SourceError: the database does not answer, or is damaged.

        """
        with reading(self.name), self.engine.connect() as connection:
            if connection.dialect.name != "sqlite":
                statement = statement.replace("?", "%s")
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - a connection is open
            try:
                cursor = driver.cursor()
                cursor.execute(statement, tuple(given))
                rows: list[RawRow] = cursor.fetchall()
            except connection.dialect.loaded_dbapi.Error as error:
                raise unreadable(self.name, error) from error
            return rows

    def _page(self) -> str:
        """The next chunk. The first condition finds the place in the index, the last one skips what was read."""
        there = self.tables[_TABLE]
        columns = ", ".join(name if name in there else f"{_absent(name)} AS {name}" for name in RAW)
        return (
            f"SELECT {columns} FROM decisions WHERE decided_at_us >= ? AND decided_at_us < ? "  # noqa: S608
            f"AND (decided_at_us > ? OR decision_id > ?) ORDER BY decided_at_us, decision_id LIMIT {CHUNK}"
        )


def open_database(where: str) -> DatabaseSource:
    """Connect to a decision store, to read only.

    Raises:
        SourceError: it is no URL of a database, nothing is there, or it is no decision store.

    """
    try:
        url = make_url(where)
    except ArgumentError:
        raise SourceError("not the URL of a database, such as sqlite:///weir.db") from None
    name = _shown(url)
    engine = _sqlite_engine(url) if url.get_backend_name() == "sqlite" else _server_engine(url)
    try:
        with reading(name), engine.connect() as connection:
            found = inspect(connection)
            tables = {
                table: frozenset(str(column["name"]) for column in found.get_columns(table))
                for table in found.get_table_names()
            }
        return DatabaseSource(name, engine, tables, _check(name, tables))
    except SourceError:
        engine.dispose()
        raise


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Errors of a database as one sentence.

    Raises:
        SourceError: with what to do.

    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise unreadable(name, error) from error


def _absent(name: str) -> str:
    return f"'{ABSENT[name]}'" if name in ABSENT else "NULL"


NO_FAILURES: Final = "the store does not count items that got no decision"
"""A note of windows of such a store: no failures in their totals say nothing then."""


def unreadable(name: str, error: Exception) -> SourceError:
    """Why a store cannot be read, by what its driver says."""
    said = str(getattr(error, "orig", None) or error)
    if "locked" in said or "busy" in said:
        return SourceError(f"{name} is locked by somebody for longer than {_BUSY_TIMEOUT_S:.0f} s: try again")
    if "malformed" in said or "not a database" in said or "disk image" in said:
        return SourceError(f"{name} is damaged, or no database: restore it from a backup, or name another one")
    return SourceError(f"{name} cannot be read ({type(error).__name__}): see that it is there, answers and lets you in")


def _check(name: str, tables: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    there = tables.get(_TABLE)
    if there is None:
        raise SourceError(f"{name} has no table decisions: it is no decision store, or no server has opened it yet")
    if lacking := [column for column in MINIMUM if column not in there]:
        raise SourceError(f"{name}: its table decisions has no {', '.join(lacking)}, so it cannot be watched")
    missing = [column for column in RAW if column not in there]
    notes = [missing_note(missing)] if missing else []
    if "item_failures" not in tables:
        notes.append(NO_FAILURES)
    return tuple(notes)


def _sqlite_engine(url: URL) -> Engine:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise SourceError("name the file of the decision store, such as sqlite:///weir.db")
    path = Path(url.database).absolute()
    if not path.is_file():
        raise SourceError(f"there is no database {path}: WEIR_DATABASE_URL or --source says where it is")
    address = f"file:{urllib.parse.quote(str(path))}?mode=ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def _server_engine(url: URL) -> Engine:
    try:
        engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise SourceError(
            f"no driver for databases of {url.get_backend_name()}: stores are sqlite:/// or postgresql+psycopg://"
        ) from None
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _only_read)
    return engine


def _only_read(connection: object, _: object) -> None:
    """Whatever is asked through this connection, it cannot change anything."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    cursor.close()
    connection.commit()  # type: ignore[attr-defined]


def _shown(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(Path(url.database).absolute()) if url.database else "sqlite"
    return url.set(query={}).render_as_string(hide_password=True)
