"""Identifiers: UUIDs of version 7, which sort by time and so append to an index instead of scattering over it."""

import os
import threading
import time
from typing import Final

_RANDOM_BYTES: Final = 4096


class UuidSource:
    """Makes UUIDs of version 7 in about a microsecond, from the kernel's randomness read in blocks.

    Threads may share it.

    Source: RFC 9562, section 5.7.
    """

    def __init__(self) -> None:
        self._random = ""
        self._offset = 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        """A new UUID: 48 bits of milliseconds, then 74 random bits."""
        with self._lock:  # two threads that read the same stretch would make the same id
            offset = self._offset
            if offset + 20 > len(self._random):
                self._random, offset = os.urandom(_RANDOM_BYTES).hex(), 0
            self._offset = offset + 20
            r = self._random[offset : offset + 20]
        t = f"{time.time_ns() // 1_000_000:012x}"
        return f"{t[:8]}-{t[8:]}-7{r[:3]}-{'89ab'[int(r[3], 16) & 3]}{r[4:7]}-{r[7:19]}"
