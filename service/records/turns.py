"""Turns: writers of one SQLite file wait for each other in the kernel instead of sleeping and trying again.

SQLite has no queue for its write lock. A connection that finds it taken sleeps for longer and longer and looks again,
so with two busy processes one of them can starve for a second while the other writes (`weir bench records`). A lock on
a file beside the database wakes the next writer at once. SQLite's own lock still guards the data; this one only says
whose turn it is, and goes with the process that holds it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Engine

SUFFIX: Final = "-turn"
"""Of the file beside the database; it stays empty."""


@contextmanager
def turn(engine: Engine) -> Iterator[None]:
    """Wait for this process's and thread's turn to write; nothing to wait for where the database has queues itself."""
    path = engine.url.database if engine.dialect.name == "sqlite" else None
    if not path or path == ":memory:":
        yield
        return
    descriptor = os.open(path + SUFFIX, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
