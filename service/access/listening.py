"""Listening: where the service would listen, who would be let in there, and whether the place is free."""

import socket
from enum import StrEnum
from ipaddress import ip_address

from service.access.exposure import HOW, is_loopback
from service.access.store import KeyStore
from service.records.schema import open_database
from service.settings import Settings


class Door(StrEnum):
    """Who is let in when the service starts.

    Attributes:
        OPEN: everybody, for everything.
        OPEN_BUT_ADMIN: everybody, but administration wants the admin token.
        TOKEN_ALONE: who brings the admin token; keys are required and there are none yet.
        SHUT: nobody; keys are required, and there is neither one nor a token.
        KEYED: who brings a key.

    """

    OPEN = "open"
    OPEN_BUT_ADMIN = "open_but_admin"
    TOKEN_ALONE = "token_alone"  # noqa: S105 - a name
    SHUT = "shut"
    KEYED = "keyed"


class NotGuardedError(Exception):
    """The address can be reached by others, and nobody would be asked for a key."""


class AddressError(Exception):
    """Nothing can listen at the address; the message says why."""


def require_guard(host: str, settings: Settings) -> Door:
    """Who would be let in by a service at this address.

    Raises:
        NotGuardedError: Everybody, and others can reach it.
        DatabaseError: The database, which has the keys, cannot be opened.

    """
    has_token = bool(settings.admin_token and settings.admin_token.get_secret_value())
    if _has_keys(settings.database_url):
        return Door.KEYED
    if settings.require_keys:
        return Door.TOKEN_ALONE if has_token else Door.SHUT
    if not settings.open_to_network and not _is_local(host):
        raise NotGuardedError(f"refusing to listen at {host} without API keys, as everybody could do everything: {HOW}")
    return Door.OPEN_BUT_ADMIN if has_token else Door.OPEN


def require_free(host: str, port: int) -> None:
    """Find that an address is taken before the server does, which would say so with a traceback.

    It is bound as the server binds it (`SO_REUSEADDR`), so that what a server left behind does not count as taken.

    Raises:
        AddressError: The host is no IP address, or nothing can listen there.

    """
    try:
        family = socket.AF_INET if ip_address(host).version == 4 else socket.AF_INET6  # noqa: PLR2004
    except ValueError:
        raise AddressError(f"--host {host}: an IP address is expected, such as 127.0.0.1 or 0.0.0.0") from None
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = (error.strerror or "nothing can listen there").lower()
            raise AddressError(f"cannot listen at {host}, port {port}: {reason}; choose another with --port") from None


def _has_keys(database_url: str) -> bool:
    engine = open_database(database_url)
    try:
        return KeyStore(engine).has_any()
    finally:
        engine.dispose()


def _is_local(host: str) -> bool:
    """Whether all addresses of a host are this machine's alone."""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(is_loopback(str(entry[4][0])) for entry in found)
