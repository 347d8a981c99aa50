"""Connections to addresses that somebody chose: resolved, checked and made within a deadline."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable

from csvapi.services.addresses import Address


class Refused(Exception):
    """An address that must not be reached."""


def left(deadline: float) -> float:
    """The seconds that are left. Raises TimeoutError if there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time is over")
    return seconds


def connected(host: str, port: int, deadline: float, allowed: Callable[[Address], bool]) -> socket.socket:
    """A connection to the first address that answers. Raises Refused if any address must not be reached, and OSError.

    The connection goes to an address that was checked, so a name that resolves differently a moment later (DNS
    rebinding) gains nothing.
    """
    found = resolved(host, port, deadline)
    for address in found:
        if not allowed(ipaddress.ip_address(address)):
            raise Refused(f"{host} is at {address}, which this service must not reach")
    failure: OSError = OSError(f"{host} has no address")
    for number, address in enumerate(found):
        share = left(deadline) / (len(found) - number)  # so that one that keeps silent leaves time for the others
        try:
            connection = socket.create_connection((address, port), timeout=share)
        except OSError as error:
            failure = error
            continue
        connection.settimeout(left(deadline))
        return connection
    raise failure


def resolved(host: str, port: int, deadline: float) -> list[str]:
    """The addresses of a name. Raises TimeoutError at the deadline.

    The system's resolver has no deadline of its own, so it runs in a thread that is left behind when it takes longer.
    """
    answer: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put([str(address[0]) for *_, address in found])
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=resolve, name="resolver", daemon=True).start()
    try:
        found = answer.get(timeout=left(deadline))
    except queue.Empty:
        raise TimeoutError(f"no address of {host} in time") from None
    if isinstance(found, list):
        return found
    raise found
