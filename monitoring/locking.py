"""The lock of a home: two monitors in one folder would count every look twice."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from monitoring.errors import BusyError
from monitoring.home import Home

_TRIES: Final = 5
_PAUSE_S: Final = 0.1
"""Whoever only asks who runs holds the lock for a moment, and must not keep a monitor from starting."""


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the lock. The kernel gives it back when the process ends, however it ends, so it is never stale.

    Raises:
        BusyError: another process holds it.
        MonitoringError: the folder cannot be used.

    """
    try:
        home.make()
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise home.unusable(error) from error
    try:
        _take(descriptor, home)
        yield
    finally:
        os.close(descriptor)


def is_locked(home: Home) -> int | None:
    """The process that runs in this home, 0 where it cannot be told; None where nobody does."""
    if not home.lock.is_file():
        return None
    try:
        with home.lock.open("rb") as file:
            return None if _try(file.fileno()) else _holder(home)
    except OSError as error:
        raise home.unusable(error) from error


def _take(descriptor: int, home: Home) -> None:
    for _ in range(_TRIES):
        if _try(descriptor):
            break
        time.sleep(_PAUSE_S)
    else:
        raise BusyError(
            f"another monitor runs in {home.path} (process {_holder(home) or 'unknown'}): wait for it, stop it, or "
            "name another folder with --home"
        )
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(home: Home) -> int:
    text = home.lock.read_text(encoding="ascii", errors="replace").strip()
    return int(text) if text.isdigit() else 0
