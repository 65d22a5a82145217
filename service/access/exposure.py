"""Exposure: whether a service that asks for no keys can be reached by more than its own machine."""

from ipaddress import ip_address
from typing import Final

from service.access.gate import Headers
from service.errors import RequestError

HOW: Final = (
    "make a key with `weir key create`, set WEIR_REQUIRE_KEYS=true, or, behind a gateway that asks for keys itself, "
    "set WEIR_OPEN_TO_NETWORK=true"
)


def is_loopback(host: str | None) -> bool:
    """Whether a socket that listens at, or is connected to, this address serves its own machine alone.

    What is no address at all (the path of a Unix socket, an application that is called without one) does.
    """
    try:
        address = ip_address(host or "")
    except ValueError:
        return True
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def is_local_name(headers: Headers) -> bool:
    """Whether the `Host` that a request asks for is one of this machine.

    A page from elsewhere can make its own name lead to 127.0.0.1 (DNS rebinding), and its visitors' browsers then
    let it read this service. Such a name has a dot and is no address.
    """
    for name, value in headers:
        if name == b"host":
            host = value.decode("latin-1").rpartition("]")[0].removeprefix("[") or value.decode("latin-1").split(":")[0]
            return "." not in host or host.lower().endswith(".localhost") or _is_address(host)
    return True


def not_local() -> RequestError:
    """Somebody else's machine asks a service that is open: 403."""
    return RequestError(403, "open_mode_is_local", f"without keys the service answers its own machine only: {HOW}")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
