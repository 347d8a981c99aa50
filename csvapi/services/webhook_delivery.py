"""One POST to an address that a user chose, which must not reach anything private to this machine or its network.

The name is resolved here, every address it has is checked, and the connection goes to an address that was checked, so a
name that resolves differently a moment later (DNS rebinding) gains nothing. Redirects are not followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from csvapi.errors import InvalidInput
from csvapi.extensions import runtime
from csvapi.services.addresses import Address, is_public
from csvapi.services.timed_connections import Refused, connected, left, secured, until

DEADLINE = 10.0  # seconds for the whole attempt (name, connection, answer), also for an answer byte by byte
SHOWN = 200  # bytes of an answer that are kept


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome: `status` 0 if there was no answer, `detail` why; `silent` if it ran into the deadline."""

    status: int
    detail: str
    ms: int
    silent: bool = False

    @property
    def delivered(self) -> bool:
        """Whether the address took the message: any 2xx."""
        return 200 <= self.status < 300


def check_url(url: str) -> SplitResult:
    """The parts of a URL that webhooks may use. Raises InvalidInput for any other URL."""
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
    address = _literal(host)
    if address is not None and not allowed(address):
        raise InvalidInput("url must not name a private, loopback, link-local or reserved address", pointer="/url")
    return parts


def _literal(host: str) -> Address | None:
    """The address if the host is one, in any form that resolvers accept (`127.1`, `0x7f000001`); None for a name."""
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    with suppress(OSError, ValueError):
        return ipaddress.IPv4Address(socket.inet_aton(host.removesuffix(".")))
    return None


def allowed(address: Address) -> bool:
    """Whether webhooks may use this address: a public one, or any if CSVAPI_WEBHOOK_PRIVATE is set."""
    return runtime().settings.webhook_private or is_public(address)


def post(url: str, body: bytes, headers: dict[str, str], within: float = DEADLINE) -> Answer:
    """Send the body once, within so many seconds; every failure is part of the answer, nothing is raised."""
    began = time.monotonic()
    silent = False
    try:
        status, detail = _post(check_url(url), body, headers, began + within)
    except (OSError, http.client.HTTPException, InvalidInput, Refused, UnicodeError) as error:
        silent = time.monotonic() >= began + within
        status, detail = 0, f"{type(error).__name__}: {error}"[:SHOWN]
        if silent:
            detail = f"TimeoutError: no answer within {within:g} seconds"
    return Answer(status, detail, round((time.monotonic() - began) * 1000), silent)


def _post(parts: SplitResult, body: bytes, headers: dict[str, str], deadline: float) -> tuple[int, str]:
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(host, port)
    with connected(host, port, deadline, allowed) as plain, until(deadline, plain):
        connection.sock = secured(plain, host, deadline) if parts.scheme == "https" else plain
        try:
            connection.request("POST", target, body, {**headers, "Connection": "close"})
            response = connection.getresponse()
            left(deadline)  # a head that was cut in the middle looks like a whole one
            return response.status, _beginning(response)
        finally:
            connection.close()


def _beginning(response: http.client.HTTPResponse) -> str:
    """The first bytes of the body, or those that came in time: the status alone is the answer."""
    try:
        return response.read(SHOWN).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""
