"""`csvapi health`: whether the program of this container works; exit code 0, or 1 and the reason.

The web server is asked over HTTP. A worker or the scheduler is healthy if database and queue can be reached and each of
its processes on this host sends heartbeats (see `queue.heartbeats`), so a stopped or hanging one is noticed. The check
runs every few seconds, so it imports little.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence

from csvapi.config import Settings, load
from csvapi.queue import heartbeats
from csvapi.start import probe, wait
from csvapi.start.folder import CannotStart

_HTTP_OK = 200
_NEXT_SIGN = heartbeats.INTERVAL + heartbeats.AGAIN  # seconds within which every process that lives gives one
_PAUSE = 0.2  # seconds between looks


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi health`."""
    parser = argparse.ArgumentParser("csvapi health", description=__doc__)
    parser.add_argument("program", nargs="?", default="web", choices=["web", "worker", "scheduler"], help="which (web)")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Check the named program; exit code 0, or 1 with the reason."""
    program = build_parser().parse_args(arguments).program
    settings = load()
    if program == "web":
        _web(settings)
    else:
        _reaches_everything(settings)
        _is_alive(settings, program)
    return 0


def _web(settings: Settings) -> None:
    status = asyncio.run(probe.status(("127.0.0.1", settings.port), "/readyz"))
    if status != _HTTP_OK:
        raise CannotStart(f"/readyz answers {status}" if status else "The web server does not answer")


def _reaches_everything(settings: Settings) -> None:
    for what, reason in (("database", wait.database(settings)), ("queue", wait.queue(settings))):
        if reason:
            raise CannotStart(f"The {what} cannot be reached: {reason}")


def _is_alive(settings: Settings, program: str) -> None:
    """Raise CannotStart unless the program's processes on this host send heartbeats.

    Waits for the next heartbeats before it fails: a queue that lost its data knows of none until then.
    """
    import redis

    deadline = time.monotonic() + _NEXT_SIGN
    with redis.Redis.from_url(settings.redis_url, socket_timeout=_NEXT_SIGN) as connection:
        while reason := heartbeats.silence(connection, program):
            if time.monotonic() > deadline:
                raise CannotStart(reason)
            time.sleep(_PAUSE)
