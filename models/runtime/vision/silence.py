"""Silence about what a decoder warns of: a picture either decodes or is a typed error, and nothing is printed.

`warnings.catch_warnings` swaps a global list and puts it back, which loses filters when two threads leave in the order
they came. Here one filter for Pillow's own modules is added while anybody decodes, and taken away after the last.
"""

import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_FILTER: Final = ("ignore", None, Warning, re.compile(r"PIL\."), 0)
_lock = threading.Lock()
_n_inside = 0


@contextmanager
def pillow_silenced() -> Iterator[None]:
    """Ignore warnings that Pillow's modules raise, in this process, while inside."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _n_inside  # noqa: PLW0603 - a count of the threads inside, under the lock
    with _lock:
        _n_inside += 1
        if _FILTER not in warnings.filters:
            warnings.filters.insert(0, _FILTER)  # type: ignore[attr-defined]


def _leave() -> None:
    global _n_inside  # noqa: PLW0603
    with _lock:
        _n_inside -= 1
        if _n_inside == 0:
            with suppress(ValueError):
                warnings.filters.remove(_FILTER)  # type: ignore[attr-defined]
