"""Opening of the fetcher, from what the deployment says about hosts, ports and networks."""

from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from typing import Final

from service.fetching.connection import Connector
from service.fetching.images import ImageFetcher
from service.fetching.rules import FetchRules
from service.settings import Settings, SettingsError

_MAX_PORT: Final = (1 << 16) - 1


def read_rules(settings: Settings) -> FetchRules | None:
    """The rules for images; None where the deployment fetches none.

    Raises:
        SettingsError: A list has something in it that does not belong there.

    """
    if not settings.fetch_images:
        return None
    ports = frozenset(int(port) for port in _entries(settings.fetch_ports))
    if not all(0 < port <= _MAX_PORT for port in ports):
        raise SettingsError(f"WEIR_FETCH_PORTS: ports are 1 to {_MAX_PORT}")
    try:
        networks = tuple(ip_network(entry) for entry in _entries(settings.fetch_networks))
    except ValueError:
        raise SettingsError("WEIR_FETCH_NETWORKS: networks such as 10.1.0.0/16, with commas between") from None
    total_s = settings.fetch_timeout_ms / 1e3
    return FetchRules(
        schemes=frozenset(_entries(settings.fetch_schemes)),
        ports=ports,
        allowed_hosts=frozenset(_entries(settings.fetch_hosts)),
        denied_hosts=frozenset(_entries(settings.fetch_denied_hosts)),
        networks=networks,
        connect_timeout_s=min(3.0, total_s),
        total_timeout_s=total_s,
    )


def open_fetcher(settings: Settings) -> ImageFetcher | None:
    """What fetches images; None where the deployment fetches none.

    Raises:
        SettingsError: As for `read_rules`.

    """
    rules = read_rules(settings)
    if rules is None:
        return None
    threads = ThreadPoolExecutor(settings.fetch_connections, thread_name_prefix="fetching")
    return ImageFetcher(Connector(rules), threads, settings.max_image_bytes)


def _entries(text: str) -> list[str]:
    return [entry.strip().lower() for entry in text.split(",") if entry.strip()]
