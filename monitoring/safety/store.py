"""Store: the tables of one period and tenant, read in short transactions, so that no writer is ever held up."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from orjson import JSONDecodeError
from sqlalchemy import ColumnElement, Engine, FromClause, Row, Select, inspect
from sqlalchemy.exc import SQLAlchemyError

from monitoring.errors import SourceError
from monitoring.safety.tables import TABLES, decisions
from monitoring.windows.window import HOUR_US, Period

_MAX_SLICES: Final = 240
"""Queries that a period is cut into at most; a day is cut into hours, a month into slices of three."""
_IDS: Final = 500
"""Ids of one query: below SQLite's limit of variables in every version."""


@dataclass(frozen=True)
class Store:
    """Where to read, and what of it.

    Attributes:
        period: of decisions.
        as_of_us: verdicts and appeals up to here count, microseconds since 1970.
        tenant: None for all.
        columns: of each table that is there, as older stores lack some.

    """

    database: Engine
    period: Period
    as_of_us: int
    tenant: str | None = None
    columns: dict[str, frozenset[str]] = field(default_factory=dict)

    def lacks(self, *tables: FromClause) -> str | None:
        """Why these tables cannot be read as they are declared; None where they can."""
        for wanted in tables:
            name = str(wanted)
            if name not in self.columns:
                return f"the store has no table {name}: an older Weir made it; start the current one on it once"
            gone = {column.name for column in wanted.c} - self.columns[name]
            if gone:
                return (
                    f"the table {name} has no column {', '.join(sorted(gone))}: an older Weir made it; start the "
                    "current one on it once"
                )
        return None

    def rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """All rows of a query, in a transaction of its own."""
        with self.database.connect() as connection:
            return connection.execute(query).all()

    def rows_of(self, query: Select[Any], column: ColumnElement[Any], ids: Sequence[str]) -> Iterator[Row[Any]]:
        """The rows of a query in which a column is one of these ids, some hundred ids at a time."""
        for start in range(0, len(ids), _IDS):
            yield from self.rows(query.where(column.in_(ids[start : start + _IDS])))

    def of_tenant(self, read: FromClause) -> list[ColumnElement[bool]]:
        """Only rows of the tenant, where one is asked for."""
        return [] if self.tenant is None else [read.c.tenant == self.tenant]

    def decided(self) -> list[ColumnElement[bool]]:
        """Decisions of the period and tenant."""
        return [*within(decisions.c.decided_at_us, self.period), *self.of_tenant(decisions)]

    def slices(self) -> list[Period]:
        """The period in pieces of an hour or more, one for each query over its decisions."""
        start, end = self.period.start_us, self.period.end_us
        step = max(HOUR_US, -(-(end - start) // _MAX_SLICES))
        return [Period(at, min(at + step, end)) for at in range(start, end, step)]


def open_store(database: Engine, period: Period, as_of_us: int, tenant: str | None) -> Store:
    """Look which tables are there."""
    looked = inspect(database)
    there = set(looked.get_table_names())
    columns = {
        str(table): frozenset(column["name"] for column in looked.get_columns(str(table)))
        for table in TABLES
        if str(table) in there
    }
    return Store(database, period, as_of_us, tenant, columns)


@contextmanager
def readable() -> Iterator[None]:
    """What goes wrong while a store is read, as an error that says so.

    Raises:
        SourceError: The database failed.

    """
    try:
        yield
    except SQLAlchemyError as error:
        raise SourceError(
            f"the store cannot be read for safety metrics and quality ({type(error).__name__}); is it a decision "
            "store, is it whole, and may this user read it?"
        ) from error
    except JSONDecodeError as error:
        raise SourceError(
            "the store cannot be read for safety metrics and quality: labels or context of some rows are damaged; "
            "restore it from a backup"
        ) from error


def within(column: ColumnElement[Any], period: Period) -> list[ColumnElement[bool]]:
    """From its start, inclusive, to its end, exclusive."""
    return [column >= period.start_us, column < period.end_us]
