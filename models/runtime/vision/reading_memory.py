"""Memory after reading: what was freed goes back to the system."""

import ctypes
from contextlib import suppress


def give_back_memory() -> None:
    """Return freed memory to the system, where the C library is glibc.

    A picture's intermediate results come to tens of megabytes, and glibc keeps that for later. Measured after 21
    pictures: 237 MB resident before, 155 MB after.
    """
    with suppress(AttributeError, OSError, TypeError):  # other C libraries have no such call, Windows no such name
        ctypes.CDLL(None).malloc_trim(0)
