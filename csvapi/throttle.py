"""Slowing down guesses: counted in Redis, per account and per address."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import limits
import redis
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from csvapi.errors import InvalidInput, TooManyRequests, WrongCredentials
from csvapi.guesses import Full, Guesses, Limit, Slot

_MAIL = limits.parse("5 per hour")  # mails to one address that anybody may ask for
_CALLS = {
    "mail": limits.parse("20 per minute"),
    "register": limits.parse("30 per minute"),
    "single sign-on": limits.parse("120 per minute"),
    "refresh": limits.parse("120 per minute"),
}
TIMEOUT = 2.0  # seconds a login waits for others of its account to end, before it is refused
_PAUSE = 0.05
_WRONG = (WrongCredentials, InvalidInput)


class Throttle:
    """Counts in Redis and, while that is down, in this process, so that its loss does not lift the limits."""

    def __init__(self, connection: redis.Redis, *, enabled: bool) -> None:
        self._enabled = enabled
        self._guesses = Guesses(connection)
        self._fallback = FixedWindowRateLimiter(MemoryStorage())
        pool: Any = connection.connection_pool
        self._limiter = FixedWindowRateLimiter(RedisStorage("redis://", connection_pool=pool, wrap_exceptions=False))

    def call(self, kind: str, address: str) -> None:
        """Count a call. Raises TooManyRequests if the address has made too many of this kind."""
        limit = _CALLS[kind]
        if self._enabled and (wait := self._hit(limit, kind, address)):
            raise _too_many(wait, limit.amount)

    def may_mail(self, email: str) -> bool:
        """Count a mail to the address; False if it has had too many for now."""
        return not self._enabled or not self._hit(_MAIL, "mail-to", _hashed(email))

    def _hit(self, limit: limits.RateLimitItem, *key: str) -> float:
        """Count; returns the seconds to wait if that is too many, else 0."""
        for limiter in (self._limiter, self._fallback):
            with suppress(redis.RedisError):
                if limiter.hit(limit, *key):
                    break
                return max(1.0, limiter.get_window_stats(limit, *key).reset_time - time.time())
        return 0

    @contextmanager
    def login(self, email: str, address: str) -> Iterator[None]:
        """Try a password or a code in this block; a wrong one (`_WRONG`) counts as a failure, nothing else does.

        However many try at the same time, no more than the limit enter the block. Raises TooManyRequests after too many
        failures for the account or from the address, or while as many other attempts are still running.
        """
        if not self._enabled:
            yield
            return
        slot, wrong = self._slot(_login_limits(email, address)), False
        try:
            yield
        except _WRONG:
            wrong = True
            raise
        finally:
            self._guesses.give_back(slot, wrong=wrong)

    def _slot(self, limits: Sequence[Limit]) -> Slot:
        end = time.monotonic() + TIMEOUT
        while isinstance(found := self._guesses.take(limits), Full):
            if found.wait or time.monotonic() > end:
                raise _too_many(found.wait, found.limit.most)
            time.sleep(_PAUSE)
        return found


def _login_limits(email: str, address: str) -> list[Limit]:
    """Limits on failed logins: per account and address, per account, per address."""
    account = _hashed(email)
    return [
        Limit(f"pair:{account}:{address}", 5, 300),
        Limit(f"account:{account}", 50, 3600),
        Limit(f"address:{address}", 50, 300),
    ]


def _too_many(wait: float, limit: int) -> TooManyRequests:
    seconds = max(1, int(wait) + 1)
    return TooManyRequests(f"Too many attempts; try again in {seconds} seconds", retry_after=seconds, limit=limit)


def _hashed(email: str) -> str:
    return hashlib.sha256(email.encode(errors="replace")).hexdigest()[:32]
