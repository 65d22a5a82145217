"""Memory: the entries of one worker, the least recently used of which goes first. Bounded by number and by bytes."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

OVERHEAD_BYTES: Final = 300
"""What an entry takes beyond its key and value: two objects and its place in an ordered dictionary."""

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """Values by key. Lives in one event loop and needs no lock.

    Attributes:
        n_bytes: that all entries take.

    """

    def __init__(self, max_entries: int, max_bytes: int, weigh: Callable[[Value], int]) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._weigh = weigh
        self._entries: OrderedDict[bytes, Value] = OrderedDict()
        self.n_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> Value | None:
        """The value, which becomes the last to go."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: bytes, value: Value) -> None:
        """Keep a value; one that alone is larger than everything may be is not kept."""
        size = self._size(key, value)
        if size > self._max_bytes:
            return
        self.drop(key)
        self._entries[key] = value
        self.n_bytes += size
        while len(self._entries) > self._max_entries or self.n_bytes > self._max_bytes:
            self.n_bytes -= self._size(*self._entries.popitem(last=False))

    def drop(self, key: bytes) -> None:
        """Forget an entry, if there is one."""
        value = self._entries.pop(key, None)
        if value is not None:
            self.n_bytes -= self._size(key, value)

    def _size(self, key: bytes, value: Value) -> int:
        return OVERHEAD_BYTES + len(key) + self._weigh(value)
