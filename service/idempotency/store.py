"""The store of first answers: written with the decisions that they name, or not at all.

A key is not claimed before its request is decided. Whoever commits first has the key, in the very transaction that
writes the decisions; a second one that was decided meanwhile in another worker is refused by `complete` inside its own
transaction, throws its decisions away and answers with the first. So nothing is left over when a process dies: either
the decisions and the answer are there, or neither is, and the repeat is decided at once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, delete, func, select

from service.idempotency.keys import Keyed
from service.idempotency.tables import idempotency_answers

_T: Final = idempotency_answers.c
HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it was stored.

    Attributes:
        fingerprint: of the request that it answers.
        revision: of the row, from 1.
        is_final: False while some item failed for a reason that passes, and may be decided by a repeat.

    """

    fingerprint: bytes
    revision: int
    is_final: bool
    status: int
    answer: bytes


class AnswerStore:
    """Finds and completes answers. Blocks on the database: not for the event loop."""

    def __init__(
        self, engine: Engine, hours: int, clock_us: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> None:
        self._engine = engine
        self._kept_us = hours * HOUR_US
        self._clock_us = clock_us

    def find(self, keyed: Keyed) -> Stored | None:
        """The stored answer under a key, whatever request it was for; None when there is none, or it is too old."""
        with self._engine.connect() as connection:
            return self.find_in(connection, keyed)

    def find_in(self, connection: Connection, keyed: Keyed) -> Stored | None:
        """The same, in a transaction that is open."""
        columns = (_T.fingerprint, _T.revision, _T.is_final, _T.status, _T.answer)
        chosen = select(*columns).where(_T.owner == keyed.owner, _T.key == keyed.key, _T.created_at_us > self._oldest())
        row = connection.execute(chosen).first()
        return None if row is None else Stored(bytes(row[0]), row[1], row[2], row[3], bytes(row[4]))

    def complete(self, connection: Connection, keyed: Keyed, stored: Stored) -> bool:
        """Write an answer, if nobody was first; False when somebody was.

        Args:
            connection: in the `write_transaction` of the decisions.
            keyed: under which key.
            stored: `revision` is one above that of the answer that this one goes on from; 1 when there was none.

        """
        values = {
            "fingerprint": stored.fingerprint,
            "revision": stored.revision,
            "is_final": stored.is_final,
            "status": stored.status,
            "answer": stored.answer,
        }
        mine = (_T.owner == keyed.owner) & (_T.key == keyed.key)
        if stored.revision > 1:
            before = mine & (_T.revision == stored.revision - 1) & _T.is_final.is_(False)
            return connection.execute(idempotency_answers.update().where(before).values(values)).rowcount == 1
        connection.execute(delete(idempotency_answers).where(mine, _T.created_at_us <= self._oldest()))
        first = {"owner": keyed.owner, "key": keyed.key, "created_at_us": self._clock_us(), **values}
        return insert_if_absent(connection, first)

    def count(self) -> int:
        """How many answers are stored."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(idempotency_answers)).scalar_one()

    def _oldest(self) -> int:
        return self._clock_us() - self._kept_us


def insert_if_absent(connection: Connection, values: dict[str, object]) -> bool:
    """Insert an answer unless its key is there; in Postgres this waits for whoever is inserting it."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite

        return (
            connection.execute(insert_sqlite(idempotency_answers).values(values).on_conflict_do_nothing()).rowcount == 1
        )
    from sqlalchemy.dialects.postgresql import insert as insert_postgres

    return (
        connection.execute(insert_postgres(idempotency_answers).values(values).on_conflict_do_nothing()).rowcount == 1
    )
