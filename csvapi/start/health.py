"""`csvapi health`: whether the program of this container works; exit code 0, or 1 and the reason.

web answers for itself over HTTP. A worker or the scheduler is healthy when it can reach the database and the queue, and
a worker only when the queue knows it: one that lost its way is not left running unnoticed. It is asked every few
seconds, so it imports little.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
from collections.abc import Sequence

from csvapi.config import Settings, load
from csvapi.start import probe, wait
from csvapi.start.folder import CannotStart

_HTTP_OK = 200
_WORKERS, _WORKER = "rq:workers", "rq:worker:"  # RQ's names; its library takes a second to import


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("csvapi health", description=__doc__)
    parser.add_argument("program", nargs="?", default="web", choices=["web", "worker", "scheduler"])
    program = parser.parse_args(arguments).program
    settings = load()
    if program == "web":
        _web(settings)
    else:
        _reaches_everything(settings)
    if program == "worker":
        _is_registered(settings)
    return 0


def _web(settings: Settings) -> None:
    status = asyncio.run(probe.status(("127.0.0.1", settings.port), "/readyz"))
    if status != _HTTP_OK:
        raise CannotStart(f"/readyz answers {status}" if status else "The web server does not answer")


def _reaches_everything(settings: Settings) -> None:
    for what, reason in (("database", wait.database(settings)), ("queue", wait.queue(settings))):
        if reason:
            raise CannotStart(f"The {what} cannot be reached: {reason}")


def _is_registered(settings: Settings) -> None:
    """Raise CannotStart unless a worker whose name begins with this host's gave a sign of life (see `jobs.worker`)."""
    import redis

    with redis.Redis.from_url(settings.redis_url, decode_responses=True) as connection:
        names = {str(key).removeprefix(_WORKER) for key in connection.smembers(_WORKERS)}
    if not any(name.startswith(f"{socket.gethostname()[:50]}-") for name in names):
        raise CannotStart("The queue knows no worker of this host")
