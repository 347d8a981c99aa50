"""One request to the provider of the single sign-on, bounded in time, in size, and in how many there are at once.

The operator chose the address, so that it may be a private one. Redirects are not followed: an answer from elsewhere
would be none of the provider's.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from csvapi.addresses import is_elsewhere, is_web_address
from csvapi.errors import ProviderDown
from csvapi.services.timed_connections import connected, left, secured, until

WITHIN = 5.0  # seconds for one request: name, connection, answer
MOST = 512 * 1024  # bytes of an answer
AT_ONCE = 4  # requests of a process: a provider that keeps silent holds no more of its threads
PATIENCE = 1.0  # seconds that another one waits for its turn, or for what one of them is told

_turns = threading.BoundedSemaphore(AT_ONCE)


def ask(url: str, *, form: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object that the provider answers to a GET or, with a form, to a POST.

    Raises ProviderDown when it does not answer in time, or with something else.
    """
    with _turn():
        try:
            status, body = _answer(url, form, headers or {}, time.monotonic() + WITHIN)
            found = json.loads(body)
        except (OSError, http.client.HTTPException, UnicodeError, ValueError, RecursionError) as error:
            why = type(error).__name__
            raise ProviderDown(f"The provider of the single sign-on does not answer ({why}); try again soon") from error
    if not isinstance(found, dict):
        raise ProviderDown("The provider of the single sign-on answers with something that is no JSON object")
    return status, found


def check_address(url: object) -> str:
    """The address, if secrets may be sent there: https, or this machine. Raises ProviderDown for any other."""
    if isinstance(url, str):
        base = url.partition("?")[0]
        parts = urlsplit(base) if is_web_address(base) else None
        if parts and (parts.scheme == "https" or not is_elsewhere(parts.hostname or "")):
            return url
    raise ProviderDown("The provider of the single sign-on names an address that is not https")


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE):
        raise ProviderDown("Too many sign-ins wait for the provider of the single sign-on; try again in a moment")
    try:
        yield
    finally:
        _turns.release()


def _answer(url: str, form: bytes | None, headers: dict[str, str], deadline: float) -> tuple[int, bytes]:
    parts = urlsplit(check_address(url))
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Accept": "application/json", "Connection": "close", **headers}
    if form is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    connection = http.client.HTTPConnection(host, port)
    with connected(host, port, deadline) as plain, until(deadline, plain):
        connection.sock = secured(plain, host, deadline) if parts.scheme == "https" else plain
        try:
            connection.request("GET" if form is None else "POST", target, form, sent)
            response = connection.getresponse()
            body = response.read(MOST + 1)
            left(deadline)  # what was cut in the middle looks whole
        finally:
            connection.close()
    if len(body) > MOST:
        raise OSError(f"more than {MOST} bytes")
    return response.status, body
