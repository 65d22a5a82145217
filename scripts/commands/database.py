"""The database that commands work on: one that is there, or, for the commands that begin something, a new one."""

from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from sqlalchemy import Engine


def open_for_command(url: str, *, may_create: bool) -> "Engine":
    """Open a database. One that was made is named, as it may not be where the user thinks.

    Args:
        url: of the database.
        may_create: the command begins something; any other would only find an empty database.

    Raises:
        DatabaseError: It cannot be opened, or it is not there and may not be made.

    """
    from service.records.opening import missing_file, open_existing
    from service.records.schema import open_database

    if not may_create:
        return open_existing(url)
    missing = missing_file(url)
    engine = open_database(url)
    if missing is not None:
        made = f"made the database {missing}"
        Console(stderr=True).print(made, markup=False, highlight=False, soft_wrap=True)
    return engine
