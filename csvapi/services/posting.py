"""One POST to an address that a user chose, which must not reach what only this machine or its network may reach.

The name is resolved here, every address it has is checked, and the connection goes to the address that was checked:
a name that resolves to another one a moment later (DNS rebinding) gains nothing. Redirects are not followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from csvapi.errors import InvalidInput
from csvapi.extensions import runtime

TIMEOUT = 10.0  # seconds for each wait on the network
TOTAL = 20.0  # seconds for all of it: whoever answers byte by byte is cut off
SHOWN = 200  # bytes of an answer that are kept
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_TRANSLATED = (_NAT64, ipaddress.ip_network("64:ff9b:1::/48"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """An address that must not be reached."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `status` 0 when nothing did, `detail` says why."""

    status: int
    detail: str
    ms: int

    @property
    def delivered(self) -> bool:
        return 200 <= self.status < 300


def check_url(url: str) -> SplitResult:
    """The parts of an address that may be posted to; raises InvalidInput for one that never may."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidInput(f"url is not a URL: {error}", pointer="/url") from error
    private = runtime().settings.webhook_private
    if parts.scheme not in {"https", "http"} or (parts.scheme == "http" and not private):
        raise InvalidInput("url must begin with https://", pointer="/url")
    if (
        not host
        or parts.username is not None
        or parts.fragment
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        raise InvalidInput("url must name a host, without a user and a fragment, in ASCII", pointer="/url")
    if port == 0:
        raise InvalidInput("url must not name port 0", pointer="/url")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return parts
    if not allowed(address):
        raise InvalidInput("url must not name a private, loopback or link-local address", pointer="/url")
    return parts


def allowed(address: Address) -> bool:
    """Whether it is an address of the public internet, also when it is wrapped in an IPv6 one."""
    if runtime().settings.webhook_private:
        return True
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and any(address in network for network in _TRANSLATED):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return allowed(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send the body once; whatever happens is told, nothing is raised."""
    began = time.monotonic()
    try:
        status, detail = _post(check_url(url), body, headers)
    except (OSError, http.client.HTTPException, InvalidInput, Refused, UnicodeError) as error:
        status, detail = 0, f"{type(error).__name__}: {error}"[:SHOWN]
    return Answer(status, detail, round((time.monotonic() - began) * 1000))


def _post(parts: SplitResult, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    connection.sock = _connect(host, port, tls=parts.scheme == "https")
    alarm = threading.Timer(TOTAL, _cut, [connection.sock])
    alarm.start()
    try:
        connection.request("POST", target, body, {**headers, "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read(SHOWN).decode("utf-8", "replace")
    finally:
        alarm.cancel()
        connection.close()


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _connect(host: str, port: int, *, tls: bool) -> socket.socket:
    """A connection to the first address that answers; raises Refused when one of them must not be reached."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if not allowed(ipaddress.ip_address(str(address[0]).split("%")[0])):
            raise Refused(f"{host} is at {address[0]}, which webhooks must not reach")
    failure: OSError = OSError(f"{host} has no address")
    for *_, address in found:
        try:
            raw = socket.create_connection((str(address[0]), port), timeout=TIMEOUT)
        except OSError as error:
            failure = error
            continue
        try:
            return ssl.create_default_context().wrap_socket(raw, server_hostname=host) if tls else raw
        except OSError:
            raw.close()
            raise
    raise failure
