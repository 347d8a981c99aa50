"""Which answers are worth another try, and after how long."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator

import httpx

RETRIES = 5
LONGEST = 60.0  # seconds between two tries
_AGAIN = frozenset({429, 502, 503, 504})
_NOTICED = 1.0  # seconds from which on a wait is worth a line

log = logging.getLogger("csvapi_client")


def pauses(retries: int) -> Iterator[float]:
    """Seconds before each further try: twice as long each time, with jitter, so that clients do not come in step."""
    for attempt in range(retries):
        yield min(0.25 * 2**attempt, LONGEST) * random.uniform(0.5, 1)  # noqa: S311  no secret


def is_worth_it(response: httpx.Response) -> bool:
    """Whether the same request may succeed later: the service is busy, or still at it for the same key."""
    return response.status_code in _AGAIN or (response.status_code == 409 and "Retry-After" in response.headers)


def is_later(response: httpx.Response) -> bool:
    """Whether what was asked for is still being made."""
    made = response.status_code == httpx.codes.ACCEPTED and response.request.method == "GET"
    return made and "Retry-After" in response.headers


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that the answer asks to wait for."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None


def waiting(what: str, why: object, seconds: float) -> float:
    """The seconds before the next try of a request, logged before they pass: a program may show why it stands still."""
    level = logging.INFO if seconds >= _NOTICED else logging.DEBUG
    log.log(level, "%s: %s; trying again in %.3g s", what, why, seconds)
    return seconds
