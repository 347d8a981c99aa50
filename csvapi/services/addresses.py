"""Which IP addresses belong to the public internet, after IANA's special-purpose registries.

RFC 6890 and its registries (IPv4 and IPv6 Special-Purpose Address Space) say which blocks are not globally reachable.
The blocks are written out here because the answer of Python's `is_global` changes with its version. An IPv6 address
that embeds an IPv4 address is public if the embedded one is.
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # between a carrier and its customers
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local; the metadata services of clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4, given up
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_UNICAST = ipaddress.IPv6Network("2000::/3")  # all of IPv6 that is given out; the rest is reserved, local or multicast
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # how a network without IPv4 reaches it: as public as what it embeds
_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, given up
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(address: Address) -> bool:
    """Whether the address is globally reachable and belongs to a single machine."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _V4)
    if address.scope_id is not None:
        return False
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _UNICAST and not any(address in network for network in _V6)
