"""Seats: how many requests one worker has in hand at a time, in all and of one key."""

from collections import Counter
from collections.abc import Callable

from service.access.principal import Principal
from service.errors import RequestError


class Seats:
    """Counts requests from their head to their answer. Used from the event loop alone."""

    def __init__(self, max_requests: int, max_per_key: int | None) -> None:
        self._max_requests = max_requests
        self._max_per_key = max_per_key
        self._by_key: Counter[str] = Counter()
        self.n_requests = 0

    def take(self, principal: Principal) -> Callable[[], None]:
        """Take a seat; what gives it back, however often it is called.

        Raises:
            RequestError: All are taken (503), or the key has too many (429).

        """
        if self.n_requests >= self._max_requests:
            raise RequestError(
                503, "too_many_requests_in_flight", f"a worker has {self._max_requests} requests in hand"
            )
        key = principal.key_id if self._max_per_key is not None else None
        if key is not None and self._max_per_key is not None:
            if self._by_key[key] >= self._max_per_key:
                message = f"a key has at most {self._max_per_key} requests in hand"
                raise RequestError(429, "too_many_requests_in_flight", message)
            self._by_key[key] += 1
        self.n_requests += 1
        return _Seat(self, key).leave

    def free(self, key: str | None) -> None:
        """Somebody left."""
        self.n_requests -= 1
        if key is not None:
            self._by_key[key] -= 1
            if not self._by_key[key]:
                del self._by_key[key]


class _Seat:
    """One request's; gives back only once."""

    __slots__ = ("_is_taken", "_key", "_seats")

    def __init__(self, seats: Seats, key: str | None) -> None:
        self._seats = seats
        self._key = key
        self._is_taken = True

    def leave(self) -> None:
        if self._is_taken:
            self._is_taken = False
            self._seats.free(self._key)
