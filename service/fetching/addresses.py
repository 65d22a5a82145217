"""Addresses: which of them are public hosts, and which lead inside.

What is not certainly a public host is not one. IPv6 is refused outside 2000::/3, and inside it wherever an address
carries an IPv4 address (6to4, Teredo, ISATAP): a translator on the way would unpack it behind this check. For the same
reason the NAT64 prefixes are refused, which lie outside 2000::/3.

Source: IANA, "IPv4 Special-Purpose Address Registry" and "IPv6 Special-Purpose Address Registry".
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(one)
    for one in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers; Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's platform address: public in form, and answers inside every virtual network
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(one)
    for one in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112: answers for private addresses
        "3fff::/20",  # documentation
    )
)
_ISATAP: Final = 0x00005EFE
_UNIVERSAL_BIT: Final = 0x02000000


def is_public(address: IpAddress) -> bool:
    """Whether an address is that of a public host."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _NOT_PUBLIC_V4)
    return (
        address in _GLOBAL_V6
        and address.is_global
        and not any(address in network for network in _NOT_PUBLIC_V6)
        and not _is_isatap(address)
    )


def _is_isatap(address: IPv6Address) -> bool:
    """Whether the lower half carries an IPv4 address by RFC 5214."""
    return (int(address) >> 32 & 0xFFFFFFFF & ~_UNIVERSAL_BIT) == _ISATAP
