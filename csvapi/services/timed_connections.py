"""Connections to other servers that end at a deadline, whatever the other side does."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from csvapi.services.addresses import Address


class Refused(Exception):
    """An address that must not be reached."""


@contextmanager
def until(deadline: float, connection: socket.socket) -> Iterator[None]:
    """Cut the connection at the deadline if the block still runs: an answer byte by byte would never end."""
    line = connection.dup()  # which stays, whatever takes the other one over
    alarm = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, [line])
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()
        alarm.join()  # else it might cut what has the number next
        line.close()


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def left(deadline: float) -> float:
    """The seconds that are left. Raises TimeoutError if there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time is over")
    return seconds


def connected(
    host: str, port: int, deadline: float, allowed: Callable[[Address], bool] = lambda _address: True
) -> socket.socket:
    """A connection to the first address of the host that answers.

    Raises Refused if any of its addresses is not allowed, and OSError if none answers in time. The connection goes to
    an address that was checked, so a name that resolves differently a moment later (DNS rebinding) gains nothing.
    """
    found = _resolved(host, port, deadline)
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


def _resolved(host: str, port: int, deadline: float) -> list[str]:
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


def secured(plain: socket.socket, host: str, deadline: float) -> ssl.SSLSocket:
    """The same connection in TLS, with a certificate that the system trusts. Raises OSError for any other."""
    wrapped = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    wrapped.settimeout(left(deadline))
    return wrapped
