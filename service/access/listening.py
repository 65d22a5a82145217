"""Listening: a service that asks for no keys is not started at an address that others can reach."""

import socket

from service.access.exposure import HOW, is_loopback
from service.access.store import KeyStore
from service.records.schema import open_database
from service.settings import Settings


class NotGuardedError(Exception):
    """The address can be reached by others, and nobody would be asked for a key."""


def require_guard(host: str, settings: Settings) -> bool:
    """Whether a service at this address would ask for no keys.

    Raises:
        NotGuardedError: It would not, and others can reach it.
        DatabaseError: The database, which has the keys, cannot be opened.

    """
    if settings.require_keys:
        return False
    engine = open_database(settings.database_url)
    try:
        if KeyStore(engine).has_any():
            return False
    finally:
        engine.dispose()
    if not settings.open_to_network and not _is_local(host):
        raise NotGuardedError(f"refusing to listen at {host} without API keys, as everybody could do everything: {HOW}")
    return True


def _is_local(host: str) -> bool:
    """Whether all addresses of a host are this machine's alone."""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(is_loopback(str(entry[4][0])) for entry in found)
