"""The keyring: all keys in the memory of a worker, following the database within about a second.

Revoking a key must end it everywhere without a request waiting for the database, so a thread asks for the revision
every second and exchanges one mapping. When the database is gone, the last state stays: nobody gets in by breaking it.
"""

import hmac
import logging
import threading
from collections.abc import Mapping
from typing import Final, NamedTuple

from service.access.principal import Principal
from service.access.rates import Rate
from service.access.store import HOUR_US, KeyStore, StoredKey, now_us
from service.access.tokens import read_token
from service.polling import Poller

POLL_S: Final = 1.0
_NOBODY: Final = bytes(32)

logger: Final = logging.getLogger("bentoml.weir.access")


class Held(NamedTuple):
    """A key as requests meet it."""

    principal: Principal
    hash: bytes
    expires_at_us: int | None
    rate: Rate | None
    item_rate: Rate | None
    last_hour: int


class Keyring:
    """The keys of one worker; `start` keeps them new, `close` ends that.

    Attributes:
        has_keys: there is, or ever was, a key: from then on nobody comes in without one.

    """

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._revision = -1
        self._held: Mapping[str, Held] = {}
        self._used: set[str] = set()
        self._polling = threading.Lock()
        self._poller = Poller("keys", self.poll, POLL_S, logger)
        self.has_keys = False

    def find(self, token: bytes) -> Held | None:
        """The key of a token, while it is good. Takes as long for an unknown id as for a wrong secret."""
        key_id, hashed = read_token(token)
        held = self._held.get(key_id)
        if not hmac.compare_digest(held.hash if held else _NOBODY, hashed) or held is None:
            return None
        now = now_us()
        if held.expires_at_us is not None and held.expires_at_us <= now:
            return None
        if held.last_hour != now // HOUR_US:
            self._used.add(key_id)
        return held

    def start(self) -> None:
        """Start to follow the store."""
        self._poller.start()

    def close(self) -> None:
        """Stop following, and write down what was used."""
        self._poller.close()
        self._poller.poll_safely()

    def wake(self) -> None:
        """Look for changes now: this process has just made one."""
        self._poller.wake()

    def poll(self) -> None:
        """Take over what is new, and note what was used. The thread does this by itself.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The database does not answer.

        """
        with self._polling:
            if self._store.revision() != self._revision:
                self._take_over()
            used, self._used = self._used, set()
            if used:
                self._store.used(used)
                self._take_over()

    def _take_over(self) -> None:
        self._revision, stored = self._store.stored()
        self.has_keys = self.has_keys or bool(stored)
        self._held = {entry.key.id: _held(entry) for entry in stored if not entry.is_revoked}


def _held(stored: StoredKey) -> Held:
    key = stored.key
    used = key.last_used_at
    return Held(
        key.principal,
        stored.hash,
        stored.expires_at_us,
        Rate.read(key.rate) if key.rate else None,
        Rate.read(key.item_rate) if key.item_rate else None,
        -1 if used is None else round(used.timestamp() * 1e6) // HOUR_US,
    )
