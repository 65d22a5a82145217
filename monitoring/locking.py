"""The lock of a home: two monitors in one folder would count every look twice."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from monitoring.errors import BusyError, MonitoringError
from monitoring.home import Home


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
        raise MonitoringError(f"the monitor's folder {home.path} cannot be used: {error.strerror}") from None
    try:
        _take(descriptor, home)
        yield
    finally:
        os.close(descriptor)


def is_locked(home: Home) -> int | None:
    """The process that runs in this home, 0 where it cannot be told; None where nobody does."""
    try:
        with locked(home):
            return None
    except BusyError:
        return _holder(home)


def _take(descriptor: int, home: Home) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(
            f"another monitor runs in {home.path} (process {_holder(home) or 'unknown'}): wait for it, stop it, or "
            "name another folder with --home"
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())


def _holder(home: Home) -> int:
    text = home.lock.read_text(encoding="ascii", errors="replace").strip()
    return int(text) if text.isdigit() else 0
