"""Public addresses, against the registries they are taken from."""

from __future__ import annotations

import ipaddress
from random import Random

import pytest

from csvapi.services.addresses import is_public

# IANA's IPv4 and IPv6 Special-Purpose Address Registries: what is not globally reachable, and what else is no place for
# a request: multicast, the deprecated forms, blocks that nobody was given.
CLOSED = """
0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29
192.0.0.8/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.88.99.0/24 192.88.99.2/32 192.168.0.0/16 198.18.0.0/15
198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 ::1/128 ::/128 ::/96 ::ffff:0:0/96
64:ff9b:1::/48 100::/64 100:0:0:1::/64 200::/7 400::/6 800::/5 1000::/4 2001::/23 2001::/32 2001:2::/48 2001:10::/28
2001:db8::/32 2002::/16 3fff::/20 4000::/3 5f00::/16 6000::/3 8000::/3 a000::/3 c000::/3 e000::/4 f000::/5 f800::/6
fc00::/7 fe00::/9 fe80::/10 fec0::/10 ff00::/8 64:ff9b::10.0.0.0/104 64:ff9b::127.0.0.0/104 64:ff9b::169.254.0.0/112
64:ff9b::192.168.0.0/112
"""
OPEN = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.31.196.1 192.52.193.1 192.88.98.255 192.88.100.0
192.167.255.255 192.169.0.0 192.175.48.1 198.17.255.255 198.20.0.0 223.255.255.255 2001:200:: 2001:4860:4860::8888
2001:db7:ffff:: 2001:db9:: 2003:: 2606:4700:4700::1111 2620:4f:8000::1 3ffe:: 3fff:1000:: 64:ff9b::8.8.8.8
"""


@pytest.mark.parametrize("block", CLOSED.split())
def test_no_address_of_a_closed_block_is_public(block: str) -> None:
    network, random = ipaddress.ip_network(block), Random(block)
    inside = [network[random.randrange(network.num_addresses)] for _ in range(50)]
    assert not [address for address in [network[0], network[-1], *inside] if is_public(address)]


@pytest.mark.parametrize("address", OPEN.split())
def test_what_lies_beside_them_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_scope_is_of_one_link() -> None:
    assert not is_public(ipaddress.ip_address("2001:4860:4860::8888%eth0"))
