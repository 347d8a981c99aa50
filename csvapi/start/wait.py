"""`csvapi wait`: wait until database, queue and storage answer; the first command of a container."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from csvapi.config import Settings, load
from csvapi.start.folder import CannotStart

_PAUSE = 0.5  # seconds between tries


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi wait`."""
    parser = argparse.ArgumentParser("csvapi wait", description=__doc__)
    parser.add_argument("--within", type=float, default=60.0, metavar="SECONDS", help="how long to wait (60)")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 when all answer. Raises CannotStart with the one that does not and why, never with a password."""
    within = build_parser().parse_args(arguments).within
    settings = load()
    deadline = time.monotonic() + within
    for what, probe in (("database", database), ("queue", queue), ("storage", storage)):
        while reason := probe(settings):
            if time.monotonic() >= deadline:
                raise CannotStart(f"The {what} did not answer within {within:g} s: {reason}")
            time.sleep(_PAUSE)
    return 0


def database(settings: Settings) -> str:
    """Why the database cannot be used now; "" if it can."""
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import DBAPIError

    if not settings.database_url:
        return "DATABASE_URL or DB_HOST is not set"
    url = make_url(settings.database_url)
    limits = {} if url.get_backend_name() == "sqlite" else {"connect_timeout": 3}
    engine = create_engine(url, connect_args=limits)
    try:
        with engine.connect():
            return ""
    except DBAPIError as error:
        return f"{error.orig} (host {url.host or 'none'}, database {url.database})"
    finally:
        engine.dispose()


def queue(settings: Settings) -> str:
    """Why the queue cannot be used now; "" if it can."""
    import redis

    if not settings.redis_url:
        return "REDIS_URL or REDIS_HOST is not set"
    return _asked(redis.Redis.from_url(settings.redis_url, socket_connect_timeout=3, socket_timeout=3).ping)


def storage(settings: Settings) -> str:
    """Why the server of the bucket cannot be used now; "" if it can, or if files are kept in a folder."""
    from csvapi.storage import bucket_of

    return bucket_of(settings).silence() if settings.s3_bucket else ""


def _asked(ping: Callable[[], object]) -> str:
    import redis

    try:
        ping()
    except redis.RedisError as error:
        return str(error)
    return ""
