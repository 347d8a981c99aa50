"""Limits on guesses, counted in Redis before they are tried, so that concurrent ones cannot exceed a limit.

A guess takes a slot under every limit that applies to it, or none. A wrong guess turns its slots into failures, which
last for the limit's window; any other outcome releases them. Slots and failures together never exceed a limit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import redis

HELD = 30_000  # milliseconds after which the slots of a process that was lost count no longer
_KEY = "csvapi:guesses:"

# KEYS: failures and slots of each limit in turn. Answers the number of the limit in the way, from 1, and the
# milliseconds until its failures are forgotten; 0 of those when others' slots are in the way, which end soon.
_TAKE = """
for i = 1, #KEYS, 2 do
  local limit = tonumber(ARGV[(i + 1) / 2])
  local failed = tonumber(redis.call('GET', KEYS[i]) or 0)
  if failed >= limit then return {(i + 1) / 2, redis.call('PTTL', KEYS[i])} end
  if failed + tonumber(redis.call('GET', KEYS[i + 1]) or 0) >= limit then return {(i + 1) / 2, 0} end
end
for i = 2, #KEYS, 2 do
  redis.call('INCR', KEYS[i])
  redis.call('PEXPIRE', KEYS[i], ARGV[#ARGV])
end
return {0, 0}
"""
# ARGV: whether the guess was wrong, then the window of each limit in milliseconds.
_GIVE_BACK = """
for i = 1, #KEYS, 2 do
  if tonumber(redis.call('GET', KEYS[i + 1]) or 0) > 0 then redis.call('DECR', KEYS[i + 1]) end
  if ARGV[1] == '1' and redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[(i + 3) / 2]) end
end
"""


class Limit(NamedTuple):
    """At most `most` failures of one kind (`key`) in a window of so many seconds, which begins with the first one."""

    key: str
    most: int
    window: int


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to try once under these limits; `here` if it was counted in this process."""

    limits: Sequence[Limit]
    here: bool


@dataclass(frozen=True, slots=True)
class Full:
    """The limit that is reached, and the seconds until its failures are forgotten; 0 if only slots fill it."""

    limit: Limit
    wait: float


class Guesses:
    """Counts in Redis and, while that is down, in this process, so that its loss does not lift the limits."""

    def __init__(self, connection: redis.Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._take = connection.register_script(_TAKE)
        self._give_back = connection.register_script(_GIVE_BACK)
        self._here = _Here(clock)

    def take(self, limits: Sequence[Limit]) -> Slot | Full:
        """Take a slot under each limit; returns the first limit that has none left, and takes no slot then."""
        try:
            number, wait = self._take(keys=_keys(limits), args=[*(each.most for each in limits), HELD])
        except redis.RedisError:
            return self._here.take(limits) or Slot(limits, here=True)
        return Full(limits[number - 1], wait / 1000) if number else Slot(limits, here=False)

    def give_back(self, slot: Slot, *, wrong: bool) -> None:
        """End a guess; a wrong one counts as a failure under each limit."""
        if not slot.here:
            windows = [each.window * 1000 for each in slot.limits]
            with suppress(redis.RedisError):
                self._give_back(keys=_keys(slot.limits), args=[int(wrong), *windows])
                return
        self._here.give_back(slot.limits, wrong=wrong)


def _keys(limits: Sequence[Limit]) -> list[str]:
    return [_KEY + kind + each.key for each in limits for kind in ("failed:", "held:")]


class _Here:
    """The same, in this process only."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: dict[str, tuple[int, float]] = {}  # how many, until when
        self._held: dict[str, int] = {}

    def take(self, limits: Sequence[Limit]) -> Full | None:
        with self._lock:
            self._forget()
            for each in limits:
                failed, until = self._failed.get(each.key, (0, 0.0))
                if failed >= each.most:
                    return Full(each, until - self._clock())
                if failed + self._held.get(each.key, 0) >= each.most:
                    return Full(each, 0)
            for each in limits:
                self._held[each.key] = self._held.get(each.key, 0) + 1
            return None

    def give_back(self, limits: Sequence[Limit], *, wrong: bool) -> None:
        with self._lock:
            for each in limits:
                left = self._held.pop(each.key, 0) - 1
                if left > 0:
                    self._held[each.key] = left
                if wrong:
                    failed, until = self._failed.get(each.key, (0, self._clock() + each.window))
                    self._failed[each.key] = (failed + 1, until)

    def _forget(self) -> None:
        at = self._clock()
        for key in [key for key, (_, until) in self._failed.items() if until <= at]:
            del self._failed[key]
