"""Sources: where decisions are read from, the store itself or what was exported of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Engine

from monitoring.drift.verdicts import Slice
from monitoring.errors import SourceError
from monitoring.windows.deciders import Decider
from monitoring.windows.raw import RawRow
from monitoring.windows.window import Period

CHUNK: Final = 10_000
"""Rows that are in memory at a time beside the sample, and the length of a read transaction."""
_SQLITE: Final = b"SQLite format 3\0"
ALL: Final = Slice()
"""No slice: everything."""
FAILURE_PARTS: Final = ("tenant", "surface")
"""What is known of items that got no decision."""


class Source(Protocol):
    """Where decisions come from. Everything is read; nothing is ever written.

    Attributes:
        name: for people; without a password.
        notes: what a reader has to know, such as columns that are not there.

    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def database(self) -> Engine | None:
        """For those who read other tables; None where there are none."""

    def span(self) -> Period | None:
        """From the first decision to just after the last; None without any."""

    def rows(self, period: Period) -> Iterator[list[RawRow]]:
        """Decisions in the order of time and id, in chunks of at most `CHUNK`."""

    def deciders(self) -> Mapping[str, Decider]:
        """Everyone who decided, by id."""

    def failures(self, period: Period, part: Slice = ALL) -> dict[str, int]:
        """Items that got a typed failure and no decision, by code."""


@contextmanager
def open_source(where: str) -> Iterator[Source]:
    """Open a source, and close it at the end.

    Args:
        where: URL of a decision store (`sqlite:///weir.db`, `postgresql+psycopg://...`), or path of a Parquet file or
            of a folder of them, as `weir monitor export` writes them.

    Raises:
        SourceError: there is nothing like that, it is no decision store, too old, or damaged.

    """
    if "://" in where:
        from monitoring.windows.database import open_database

        store = open_database(where)
        try:
            yield store
        finally:
            store.close()
        return
    path = Path(where)
    if not path.exists():
        raise SourceError(f"there is no {path.absolute()}: name a database URL, or a Parquet file or folder")
    if path.is_file() and _is_sqlite(path):
        raise SourceError(f"{where} is a database: name it by its URL, sqlite:///{where}")
    from monitoring.windows.parquet import open_parquet

    yield open_parquet(path)


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False
