"""Slowing down guesses: counted in Redis, per account and per address."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import limits
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis import RedisError

from csvapi.errors import TooManyRequests

_PAIR = limits.parse("5 per 5 minutes")  # failed logins for one account from one address
_ACCOUNT = limits.parse("50 per hour")  # failed logins for one account from anywhere
_ADDRESS = limits.parse("50 per 5 minutes")  # failed logins from one address
_MAIL = limits.parse("5 per hour")  # mails to one address that anybody may ask for
_CALLS = {
    "mail": limits.parse("20 per minute"),
    "register": limits.parse("30 per minute"),
    "refresh": limits.parse("120 per minute"),
}


class Throttle:
    """Counts in Redis; while that is away, in this process, so that a lost server does not lift the limits."""

    def __init__(self, redis_url: str, *, enabled: bool) -> None:
        self._enabled = enabled
        self._fallback = FixedWindowRateLimiter(MemoryStorage())
        uri = f"redis+{redis_url}" if redis_url.startswith("unix:") else redis_url  # the library's own scheme
        self._limiter = FixedWindowRateLimiter(RedisStorage(uri, wrap_exceptions=False))

    def call(self, kind: str, address: str) -> None:
        """Count a call; TooManyRequests when the address has made too many of this kind."""
        if self._enabled and not self._hit(_CALLS[kind], kind, address):
            self._refuse(_CALLS[kind], kind, address)

    def check_login(self, email: str, address: str) -> None:
        """TooManyRequests after too many failures for the account or from the address."""
        for limit, *key in self._login_keys(email, address):
            if self._enabled and not self._test(limit, *key):
                self._refuse(limit, *key)

    def failed_login(self, email: str, address: str) -> None:
        for limit, *key in self._login_keys(email, address):
            if self._enabled:
                self._hit(limit, *key)

    def may_mail(self, email: str) -> bool:
        """Count a mail to the address; False when it is to get no more for now."""
        return not self._enabled or self._hit(_MAIL, "mail-to", _hashed(email))

    @staticmethod
    def _login_keys(email: str, address: str) -> list[tuple[Any, ...]]:
        account = _hashed(email)
        return [
            (_PAIR, "login-pair", account, address),
            (_ACCOUNT, "login-account", account),
            (_ADDRESS, "login-address", address),
        ]

    def _hit(self, limit: limits.RateLimitItem, *key: str) -> bool:
        try:
            return self._limiter.hit(limit, *key)
        except RedisError:
            return self._fallback.hit(limit, *key)

    def _test(self, limit: limits.RateLimitItem, *key: str) -> bool:
        try:
            return self._limiter.test(limit, *key)
        except RedisError:
            return self._fallback.test(limit, *key)

    def _refuse(self, limit: limits.RateLimitItem, *key: str) -> None:
        try:
            reset = self._limiter.get_window_stats(limit, *key).reset_time
        except RedisError:
            reset = self._fallback.get_window_stats(limit, *key).reset_time
        seconds = max(1, int(reset - time.time()) + 1)
        raise TooManyRequests(
            f"Too many attempts; try again in {seconds} seconds", retry_after=seconds, limit=limit.amount
        )


def _hashed(email: str) -> str:
    return hashlib.sha256(email.encode(errors="replace")).hexdigest()[:32]
