"""Retention: how long each kind of record is kept, and what removes it afterwards.

Every part of the service that keeps rows offers one `Retained` a kind, and `service.accountability.registry` lists
them. A purge goes from the oldest to the newest in small transactions, so that answers never wait long behind it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine

DAY_US: Final = 86_400_000_000
BATCH: Final = 1_000
"""Rows in one transaction of a purge."""

Purge = Callable[[Connection, int, int], int]
"""`purge(connection, before_us, limit)`: delete at most `limit` rows older than `before_us`, the oldest first, and say
how many. The connection is in a `write_transaction`; less than `limit` means that none is left."""
Overdue = Callable[[Connection, int], int]
"""`overdue(connection, before_us)`: how many rows a purge would delete."""


@dataclass(frozen=True, slots=True)
class Retained:
    """One kind of record that is kept for some time.

    Attributes:
        kind: what people call it, such as `decisions` or `review content`.
        days: kept so long; 0 means for ever.
        purge: deletes a batch.
        overdue: counts what it would delete.
        prepare: `prepare(engine, before_us, actor)`, called once before the batches, outside of any transaction.

    """

    kind: str
    days: int
    purge: Purge
    overdue: Overdue
    prepare: Callable[[Engine, int, str], None] | None = None

    def before_us(self, now_us: int) -> int:
        """What is older than this is too old."""
        return now_us - self.days * DAY_US
