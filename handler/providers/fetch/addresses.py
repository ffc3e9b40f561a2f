"""Which addresses of the internet may be connected to, and what a host name resolves to."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host name, for a port; raises OSError where there are none."""

_SPECIAL = [
    ip_network(network)
    for network in (
        # What `is_global` of some Python lets through (IANA's special-purpose registries; Azure).
        "168.63.129.16/32",  # Azure's machine services
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata service
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # relays of 6to4
        "192.175.48.0/24",  # AS112
        "224.0.0.0/4",  # multicast
        "2001::/23",  # protocol assignments: Teredo, ORCHID and others
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which holds an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
]
_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is assigned to networks.

What holds an IPv4 address in itself, mapped or for NAT64, is outside.
"""


def is_public(address: str) -> bool:
    """Whether an address is one that everybody reaches at the same place."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and (parsed not in _UNICAST or parsed.scope_id):
        return False
    return parsed.is_global and not _is_special(parsed)


def _is_special(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in _SPECIAL)


def system_addresses(host: str, port: int) -> Sequence[str]:
    """What this machine's resolver says.

    It blocks for as long as that takes; the deadline of a download is looked at afterwards.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
