"""Buckets: how much of a rate is left, counted for all workers of this machine together.

One file of 64-bit integers, mapped into every worker. A bucket is two of them: a fingerprint of its name, and the
"theoretical arrival time" of the generic cell rate algorithm, the moment at which it will be full again. Buckets of
one row share a lock of the kernel, which a worker that dies lets go by itself; so a request costs a few microseconds.

When a fifth name comes to a row of four, the one that will be full the soonest is forgotten: it loses the least.

Source: ITU-T I.371, annex A (GCRA, virtual scheduling).
"""

import fcntl
import hashlib
import mmap
import os
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from service.access.rates import Rate

N_ROWS: Final = 4_096
_WAYS: Final = 4
_WIDTH: Final = 8
_ROW_BYTES: Final = _WAYS * 2 * _WIDTH
_SECOND_NS: Final = 1_000_000_000


class Level(NamedTuple):
    """What a bucket says.

    Attributes:
        remaining: how many more may come now.
        reset_s: until it is full again.
        retry_after_s: until as many as asked for may come; 0 when they may.

    """

    remaining: int
    reset_s: float
    retry_after_s: float


class Buckets:
    """All buckets of this machine. Used from the event loop of each worker; `open_buckets` opens them."""

    def __init__(self, file: BinaryIO, cells: memoryview, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._file = file
        self._cells = cells
        self._clock = clock

    def take(self, name: str, rate: Rate, n: int = 1) -> Level:
        """Take `n` out of a bucket, or nothing when there are not as many.

        Args:
            name: of the bucket.
            rate: at which it fills; its limit is what it holds.
            n: more than it holds are taken as all that it holds, so that what is legal is possible at some time.

        """
        row, tag = _place(name)
        interval = rate.interval_ns
        capacity = interval * rate.limit
        fcntl.lockf(self._file, fcntl.LOCK_EX, _ROW_BYTES, row * _ROW_BYTES)
        try:
            now = self._clock()
            cell = self._cell(row, tag, now)
            full_at = max(self._cells[cell + 1], now)
            wanted = full_at + interval * min(n, rate.limit)
            excess = wanted - now - capacity
            if excess <= 0:
                full_at = wanted
                self._cells[cell], self._cells[cell + 1] = tag, full_at
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _ROW_BYTES, row * _ROW_BYTES)
        used = full_at - now
        return Level((capacity - used) // interval, used / _SECOND_NS, max(excess, 0) / _SECOND_NS)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _cell(self, row: int, tag: int, now: int) -> int:
        """The place of a bucket; one that is not there gets that of whichever is full, or will be the soonest."""
        first = row * _WAYS * 2
        cells = range(first, first + 2 * _WAYS, 2)
        for cell in cells:
            if self._cells[cell] == tag:
                return cell
        cell = min(cells, key=lambda place: self._cells[place + 1])
        self._cells[cell], self._cells[cell + 1] = tag, now
        return cell


def open_buckets(directory: Path) -> Buckets:
    """The buckets that all workers of this server share; the first makes the file."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = N_ROWS * _ROW_BYTES
    handle = os.open(directory / "rates.slots", os.O_RDWR | os.O_CREAT, 0o600)
    file = os.fdopen(handle, "r+b", buffering=0)
    if os.fstat(handle).st_size < size:
        os.ftruncate(handle, size)  # what is there stays: growing to one size is the same whoever does it
    return Buckets(file, memoryview(mmap.mmap(handle, size)).cast("q"))


@lru_cache(maxsize=4_096)
def _place(name: str) -> tuple[int, int]:
    """The row of a name, and its fingerprint, which is never 0."""
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    row = int.from_bytes(digest[:8]) % N_ROWS
    return row, int.from_bytes(digest[8:], signed=True) or 1
