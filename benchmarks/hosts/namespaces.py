"""Hosts on one machine: each has a network of its own, and reaches this one by one address."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

_NET = "10.117.{}.{}"  # a network for each host: this machine is 1 in it, the host 2
SERVERS = _NET.format(0, 1)  # where servers listen for all of them


@dataclass(frozen=True)
class Host:
    """What stands before a command that is to run there."""

    command: tuple[str, ...]


def possible() -> bool:
    """Whether this process may make networks, and the system has what they take."""
    if os.geteuid() or not shutil.which("ip"):
        return False
    try:
        with hosts(1):
            return True
    except subprocess.CalledProcessError:
        return False


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """So many hosts, which go at the end."""
    with ExitStack() as stack:
        _ip("address", "add", f"{SERVERS}/32", "dev", "lo")
        stack.callback(_ip, "address", "del", f"{SERVERS}/32", "dev", "lo")
        yield [stack.enter_context(_host(number)) for number in range(1, count + 1)]


@contextmanager
def _host(number: int) -> Iterator[Host]:
    name, mine, theirs = f"csvapi-{os.getpid()}-{number}", f"csv{os.getpid() % 10_000}-{number}", "eth0"
    with ExitStack() as stack:
        _ip("netns", "add", name)
        stack.callback(_ip, "netns", "del", name)
        _ip("link", "add", mine, "type", "veth", "peer", "name", theirs, "netns", name)
        stack.callback(_ip, "link", "del", mine)  # it would go with the namespace, but some time after it
        _ip("address", "add", f"{_NET.format(number, 1)}/24", "dev", mine)
        _ip("link", "set", mine, "up")
        _ip("-n", name, "address", "add", f"{_NET.format(number, 2)}/24", "dev", theirs)
        for device in ("lo", theirs):
            _ip("-n", name, "link", "set", device, "up")
        _ip("-n", name, "route", "add", "default", "via", _NET.format(number, 1))
        yield Host(("ip", "netns", "exec", name))


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
