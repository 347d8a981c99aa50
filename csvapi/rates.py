"""Rate limits: a token bucket per user or address in Redis, from which every process takes several tokens at a time.

A bucket holds `burst` tokens and regains `rate` per second; a request costs one. A process spends its tokens without
asking the server and returns the rest when it takes the next ones; tokens it does not return are lost, never added. So
all processes together allow no more than the bucket held. While Redis is down, each process has buckets of its own.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis

from csvapi.config import Settings

LOT = 50  # tokens, at most
FRESH = 1.0  # seconds for which a lot may be spent
AWAY = 2.0  # seconds for which Redis is not asked again after a failure
MOST = 10_000  # who asked last, in a process; beyond it those of a second ago are forgotten
_KEY = "csvapi:rate:"
_STRIPES = 64

# Fills the bucket for the time that passed and with what is brought back, then takes a lot, or what there is of one.
# ARGV: rate a second, burst, tokens wanted, tokens brought back. Answers the tokens taken and those left.
_TAKE = """
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if state[1] then
  tokens = math.min(burst, state[1] + math.max(0, now - state[2]) * rate / 1000 + ARGV[4])
end
local taken = math.min(tonumber(ARGV[3]), math.floor(tokens))
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - taken), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return {taken, math.floor(tokens - taken)}
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `burst` requests at once, and `rate` per second in the long run."""

    rate: int
    burst: int

    @property
    def window(self) -> int:
        """The seconds in which an empty bucket fills."""
        return math.ceil(self.burst / self.rate)

    @property
    def lot(self) -> int:
        """The tokens that one process may take at a time: a small part of the bucket."""
        return max(1, min(LOT, self.rate // 2, self.burst // 20))


@dataclass(frozen=True, slots=True)
class Standing:
    """The outcome for a request: whether it is allowed, and how many more would be now."""

    allowed: bool
    left: int


@dataclass(slots=True)
class _Lot:
    """Tokens to spend until a time, and how many the bucket had left when they were taken."""

    tokens: int
    left: int
    until: float

    @property
    def last(self) -> bool:
        return not self.left


class Rates:
    """The tokens this process has left, by user or address."""

    def __init__(self, policy: Policy, connection: redis.Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self.policy = policy
        self._buckets = _Shared(policy, connection, clock)
        self._clock = clock
        self._lots: dict[str, _Lot] = {}
        self._locks = [threading.Lock() for _ in range(_STRIPES)]

    def ask(self, key: str) -> Standing:
        """Count a request; a Redis that is down or slow delays one request by half a second every two seconds."""
        with self._locks[hash(key) % _STRIPES]:
            lot = self._lots.get(key)
            if lot is None or lot.until <= self._clock() or not (lot.tokens or lot.last):
                lot = self._next(key, lot.tokens if lot else 0)
            if not lot.tokens:
                return Standing(allowed=False, left=0)
            lot.tokens -= 1
            return Standing(allowed=True, left=lot.tokens + lot.left)

    def _next(self, key: str, back: int) -> _Lot:
        """Take more tokens; after the last ones of a bucket only once half of that number has come back."""
        taken, left = self._buckets.take(key, back)
        pause = FRESH if left else max(1, self.policy.lot / 2) / self.policy.rate
        if len(self._lots) >= MOST and key not in self._lots:
            self._forget()
        self._lots[key] = lot = _Lot(taken, left, self._clock() + pause)
        return lot

    def _forget(self) -> None:
        at = self._clock()
        for key, lot in list(self._lots.items()):
            if lot.until <= at:
                self._lots.pop(key, None)
        if len(self._lots) >= MOST:
            self._lots.clear()


def rates_of(settings: Settings, connection: redis.Redis) -> Rates | None:
    """The configured limits; None if there are none."""
    if not settings.rate_limits or not settings.rate:
        return None
    return Rates(Policy(settings.rate, max(1, settings.rate_burst)), connection)


class _Shared:
    """Buckets in Redis and, while that is down, in this process."""

    def __init__(self, policy: Policy, connection: redis.Redis, clock: Callable[[], float]) -> None:
        self._policy = policy
        self._script = connection.register_script(_TAKE)
        self._here = _Here(policy, clock)
        self._clock = clock
        self._away_until = -math.inf

    def take(self, key: str, back: int) -> tuple[int, int]:
        policy = self._policy
        if self._clock() >= self._away_until:
            try:
                taken, left = self._script(keys=[_KEY + key], args=[policy.rate, policy.burst, policy.lot, back])
                return int(taken), int(left)
            except redis.RedisError:
                self._away_until = self._clock() + AWAY
        return self._here.take(key, back)


class _Here:
    """Buckets in this process only."""

    def __init__(self, policy: Policy, clock: Callable[[], float]) -> None:
        self._policy, self._clock = policy, clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, when
        self._lock = threading.Lock()

    def take(self, key: str, back: int) -> tuple[int, int]:
        at, policy = self._clock(), self._policy
        with self._lock:
            tokens, since = self._buckets.pop(key, (policy.burst, at))
            tokens = min(policy.burst, tokens + (at - since) * policy.rate + back)
            taken = min(policy.lot, int(tokens))
            self._buckets[key] = (tokens - taken, at)
            if len(self._buckets) > MOST:  # the one who asked longest ago: the order is that of asking
                del self._buckets[next(iter(self._buckets))]
        return taken, int(tokens) - taken
