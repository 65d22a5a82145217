"""Rules: where requests to the outside may go, and what they may cost."""

from dataclasses import dataclass

from service.fetching.addresses import IpAddress, IpNetwork, is_public


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What a deployment allows.

    Attributes:
        schemes: of `https` and `http`.
        ports: None for any.
        allowed_hosts: no other host is asked; empty for any. `example.org` is that name, `.example.org` all below it.
        denied_hosts: never asked, written the same way.
        networks: whose addresses are asked although they are not public; with any, names without a dot are allowed.
        connect_timeout_s: for the name, the connection and TLS.
        total_timeout_s: for all of it, redirects included.
        max_redirects: followed by those who follow any.

    """

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] | None = frozenset({443})
    allowed_hosts: frozenset[str] = frozenset()
    denied_hosts: frozenset[str] = frozenset()
    networks: tuple[IpNetwork, ...] = ()
    connect_timeout_s: float = 3.0
    total_timeout_s: float = 8.0
    max_redirects: int = 3

    def allows_host(self, host: str) -> bool:
        """Whether the lists let a name (or an address in canonical form) pass."""
        if _is_listed(host, self.denied_hosts):
            return False
        return not self.allowed_hosts or _is_listed(host, self.allowed_hosts)

    def allows_address(self, address: IpAddress) -> bool:
        """Whether a connection may be made to an address."""
        return is_public(address) or any(address in network for network in self.networks)


def _is_listed(host: str, hosts: frozenset[str]) -> bool:
    return host in hosts or any(entry.startswith(".") and host.endswith(entry) for entry in hosts)
