"""Inserting: whole rows as raw tuples. SQLAlchemy's own handling of each value would cost as much as the database."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

Value = str | int | float | bool | bytes | None


def insert_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows that hold every column of a table in its order, in one `executemany`.

    The values go to the driver as they are: plain text, numbers and bytes.
    """
    connection.exec_driver_sql(_statement(table, connection.dialect.name), list(rows))


@cache
def _statement(table: Table, dialect_name: str) -> str:
    """With `?` where the driver of SQLite wants it, and `%s` for those of Postgres."""
    return str(table.insert().values(dict.fromkeys(table.columns.keys())).compile(dialect=_positional(dialect_name)))


def _positional(dialect_name: str) -> Dialect:
    from sqlalchemy.dialects import registry

    dialect: Dialect = registry.load(dialect_name)(paramstyle="qmark" if dialect_name == "sqlite" else "format")
    return dialect
