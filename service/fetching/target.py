"""Targets: an address as somebody wrote it, read so strictly that nobody can read it as another.

Most ways around an address check are two readers that disagree: of userinfo, backslashes, octal octets, letters
that become dots. So there is one small grammar, in ASCII, and what does not fit is refused and never repaired.

Source: WHATWG URL Standard, host parsing ("ends in a number"); RFC 3986, RFC 1123 and RFC 6761 (special names).
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from service.fetching.addresses import IpAddress
from service.fetching.errors import FetchRefusedError
from service.fetching.rules import FetchRules

MAX_URL_CHARS: Final = 2_048
_URL: Final = re.compile(r"(?i:(https?))://([^/?#]+)((?:/[^?#]*)?)((?:\?[^#]*)?)(?:#.*)?")
_LEGAL: Final = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
"""The characters of RFC 3986: no blanks, controls, backslashes or quotes."""
_AUTHORITY: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+))(?::([0-9]{1,5}))?")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAX_HOST: Final = 253
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_INSIDE: Final = frozenset(
    [
        "localhost",
        "local",
        "localdomain",
        "internal",
        "intranet",
        "private",
        "corp",
        "home",
        "lan",
        "arpa",
        "onion",
        "alt",
        "test",
        "invalid",
        "example",
    ]
)
"""Last labels that are never those of a public host."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes.

    Attributes:
        host: in lower case; an IPv6 address without brackets.
        address: of a host that is one, rather than a name.
        path: with the query; what the request line says.

    """

    scheme: str
    host: str
    port: int
    path: str
    address: IpAddress | None

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(url: str, rules: FetchRules) -> Target:
    """Read an absolute URL.

    Raises:
        FetchRefusedError: It is not one, or the rules do not allow its scheme, port or host.

    """
    if len(url) > MAX_URL_CHARS:
        raise FetchRefusedError(f"an address has at most {MAX_URL_CHARS} characters")
    match = _URL.fullmatch(url) if _LEGAL.fullmatch(url) else None
    if match is None:
        raise FetchRefusedError("an address is scheme, host and path in ASCII, without blanks or backslashes")
    scheme, authority, path, query = match[1].lower(), match[2], match[3], match[4]
    if scheme not in rules.schemes:
        raise FetchRefusedError(f"the scheme is {' or '.join(sorted(rules.schemes))}")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise FetchRefusedError("the host is a plain name or address, without user name, escapes or other letters")
    port = int(parts[3]) if parts[3] else _DEFAULT_PORTS[scheme]
    if not 0 < port < 1 << 16 or (rules.ports is not None and port not in rules.ports):
        raise FetchRefusedError("the port is not one of those that are allowed")
    host, address = _read_host(parts[1], parts[2], rules)
    if not rules.allows_host(host):
        raise FetchRefusedError("the host is not one of those that are allowed")
    return Target(scheme, host, port, (path or "/") + query, address)


def _read_host(bracketed: str | None, plain: str, rules: FetchRules) -> tuple[str, IpAddress | None]:
    if bracketed is not None:
        try:
            address: IpAddress = IPv6Address(bracketed)
        except AddressValueError:
            raise FetchRefusedError("what stands in brackets is an IPv6 address") from None
        return address.compressed, address
    host = plain.lower()
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1] or (labels[-2] if len(labels) > 1 else "")):
        try:
            address = IPv4Address(host)  # exactly four decimal octets without leading zeros
        except AddressValueError:
            raise FetchRefusedError("an IPv4 address is four decimal numbers without leading zeros") from None
        return host, address
    if len(host) > _MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise FetchRefusedError("the host's name is labels of letters, digits and hyphens with dots between")
    if not rules.networks and (len(labels) == 1 or labels[-1] in _INSIDE):
        raise FetchRefusedError("the host's name is one of a private network")
    return host, None
