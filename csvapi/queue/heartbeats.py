"""Heartbeats: each worker and scheduler reports in Redis that its loop runs, and stops when it does not.

The loop itself sends the heartbeat, never a thread: a stopped or hanging process sends none. A heartbeat is valid for
SILENT seconds by the server's clock, so the machines' clocks may differ. It is sent again within INTERVAL, so that a
Redis that lost its data knows every process again after that time.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path
from secrets import token_hex

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

PROGRAMS = ("worker", "scheduler")  # those that send heartbeats; the web server is checked over HTTP
INTERVAL = 5.0  # seconds, at most, between two turns of a loop, and so between two heartbeats
AGAIN = 1.0  # seconds within which no second heartbeat is sent
SILENT = 15.0  # seconds without a heartbeat after which a process counts as gone
REMEMBERED = 3600  # seconds for which the name of a silent process is kept, to report one that still runs but hangs
TIMEOUT = 2.0  # seconds for the server to answer: a loop that waits for it longer would itself seem to hang

log = structlog.get_logger(__name__)

_GIVE = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""


class _Mine:
    """This process's heartbeat: its name, and when it was last sent."""

    def __init__(self, connection: redis.Redis, program: str, name: str) -> None:
        self._give = connection.register_script(_GIVE)
        self._connection, self._key, self._name = connection, _key(program), name
        self._process = os.getpid()  # a forked child must not speak for its parent
        self._given = float("-inf")

    def give(self) -> None:
        at = time.monotonic()
        if at - self._given < AGAIN or os.getpid() != self._process:
            return
        self._given = at
        try:
            self._give(keys=[self._key], args=[self._name, REMEMBERED])
        except redis.RedisError as error:
            log.warning("no_sign_of_life", reason=str(error))

    def withdraw(self) -> None:
        try:
            self._connection.zrem(self._key, self._name)
        except redis.RedisError as error:
            log.warning("sign_of_life_left_behind", reason=str(error))


_mine: _Mine | None = None


def name_of_process() -> str:
    """A name for this process from which `silence` gets the host and the process id."""
    return f"{_host()}-{os.getpid()}-{token_hex(4)}"


def begin(url: str, program: str, name: str) -> None:
    """Let this process send heartbeats, as a `worker` or a `scheduler`, whenever `give` is called."""
    global _mine
    _mine = _Mine(_connected(url), program, name)
    _mine.give()


def give() -> None:
    """Send a heartbeat, at most one per second; to be called by everything that may take longer than INTERVAL.

    Every transaction calls it, and so does the deletion of many objects. It does nothing in a thread besides the loop,
    or in a process that never called `begin` (the web server, a forked child). While Redis is down nothing else is
    affected.
    """
    if _mine is not None and threading.current_thread() is threading.main_thread():
        _mine.give()


def end() -> None:
    """Remove the heartbeat: the process ends in order and need not count as alive until it expires."""
    global _mine
    if _mine is not None:
        _mine.withdraw()
    _mine = None


def count(connection: redis.Redis, program: str) -> int:
    """How many processes of this program are alive. Raises redis.RedisError."""
    return len(alive(connection, program))


def alive(connection: redis.Redis, program: str) -> list[str]:
    """The names of the live processes of this program, sorted. Raises redis.RedisError."""
    return sorted(name for name, age in _ages(connection, program).items() if age <= SILENT)


def silence(connection: redis.Redis, program: str) -> str:
    """Why processes of this program on this host do not count as alive; "" if all do.

    The silence of what a restarted process has followed does not count, although both have one process id where that
    is the first one of a container. Raises redis.RedisError.
    """
    prefix = f"{_host()}-"
    mine = {name: age for name, age in _ages(connection, program).items() if name.startswith(prefix)}
    pids = {name: name.removeprefix(prefix).split("-")[0] for name in mine}
    live = {pids[name] for name, age in mine.items() if age <= SILENT}
    for name, age in mine.items():
        pid = pids[name]
        if age > SILENT and pid not in live and _runs(pid, program):
            return f"The {program} (process {pid}) has given no sign of life for {age:.0f} s: it was stopped, or hangs"
    if not any(age <= SILENT for age in mine.values()):
        return f"No {program} of this host has given a sign of life in the last {SILENT:.0f} s"
    return ""


def _connected(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=TIMEOUT,
        socket_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        driver_info=None,  # see `queue.enqueue.connect`
    )


def _ages(connection: redis.Redis, program: str) -> dict[str, float]:
    """The seconds since the last heartbeat of each process, by its name."""
    with connection.pipeline() as pipeline:
        pipeline.time()
        pipeline.zrange(_key(program), 0, -1, withscores=True)
        (seconds, _), found = pipeline.execute()
    return {bytes(name).decode(): seconds - score for name, score in found}


def _runs(pid: str, program: str) -> bool:
    """Whether the process that sent the heartbeat still runs; False without /proc, where it is unknown."""
    try:
        return program in Path("/proc", pid, "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False


def _host() -> str:
    return socket.gethostname()[:50]


def _key(program: str) -> str:
    return f"csvapi:alive:{program}"
