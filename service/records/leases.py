"""Leases: which of several processes does a job that only one may do, until when."""

import time

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import IntegrityError

from service.records.ledger import write_transaction
from service.records.tables import leases


def take_lease(engine: Engine, name: str, holder: str, seconds: float) -> bool:
    """Take or renew a lease; False while another process holds it.

    Args:
        engine: of the database.
        name: of the job, at most 64 characters.
        holder: who asks, at most 64 characters: the same for every renewal, and unlike any other process's.
        seconds: it ends by itself after this, so a process that dies blocks nobody for longer.

    """
    now_us = time.time_ns() // 1000
    until_us = now_us + round(seconds * 1e6)
    try:
        with write_transaction(engine) as connection:
            return _take(connection, name, holder, now_us, until_us)
    except IntegrityError:  # another process made the row first
        return False


def drop_lease(engine: Engine, name: str, holder: str) -> None:
    """Give a lease back, if it is still held."""
    with write_transaction(engine) as connection:
        connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def _take(connection: Connection, name: str, holder: str, now_us: int, until_us: int) -> bool:
    if connection.execute(select(leases.c.name).where(leases.c.name == name)).scalar() is None:
        connection.execute(leases.insert().values(name=name, holder=holder, until_us=until_us))
        return True
    free = (leases.c.holder == holder) | (leases.c.until_us < now_us)
    updated = leases.update().where(leases.c.name == name, free).values(holder=holder, until_us=until_us)
    return connection.execute(updated).rowcount == 1
