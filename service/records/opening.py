"""Opening a database that must be there: a mistyped path is told, and does not become an empty database."""

import os
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from service.records.schema import DatabaseError, open_database, sqlite_file


def open_existing(url: str) -> Engine:
    """Open a database, unless that would make it; its schema is brought up to date as always.

    Raises:
        DatabaseError: The SQLite file does not exist, or as for `open_database`.

    """
    missing = missing_file(url)
    if missing is not None:
        raise DatabaseError(f"there is no database {missing}; WEIR_DATABASE_URL says where it is")
    return open_database(url)


def missing_file(url: str) -> Path | None:
    """The SQLite file that opening would make, absolute; None where it is there, or the database is not a file."""
    path = sqlite_file(parsed_url(url))
    return None if path is None or os.path.exists(path) else path.absolute()  # noqa: PTH110 - never raises


def shown(url: URL) -> str:
    """A database as people are told of it: a file by its absolute path, any other without password and options."""
    path = sqlite_file(url)
    return str(path.absolute()) if path is not None else url.set(query={}).render_as_string(hide_password=True)


def parsed_url(url: str) -> URL:
    """The parts of a URL.

    Raises:
        DatabaseError: It is not one.

    """
    try:
        return make_url(url)
    except ArgumentError:
        raise DatabaseError("WEIR_DATABASE_URL: not the URL of a database") from None
