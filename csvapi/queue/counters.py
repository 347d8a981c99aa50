"""What workers have done, counted in Redis: work-horses are too short-lived to be asked.

A lost Redis sets the counts back to nothing, which is what Prometheus expects of a counter that restarts.
"""

from __future__ import annotations

from collections.abc import Mapping

import redis

KEY = "csvapi:tally"

Name = tuple[str, ...]  # what is counted, then its labels


def add(connection: redis.Redis, amounts: Mapping[Name, float]) -> None:
    """Count, in one round trip; a Redis that is away costs the count, never the task."""
    try:
        with connection.pipeline(transaction=False) as pipeline:
            for name, amount in amounts.items():
                pipeline.hincrbyfloat(KEY, "|".join(name), amount)
            pipeline.execute()
    except redis.RedisError:
        return


def read(connection: redis.Redis) -> dict[Name, float]:
    """Everything counted so far; nothing while Redis is away."""
    try:
        found = connection.hgetall(KEY)
    except redis.RedisError:
        return {}
    return {tuple(name.decode().split("|")): float(amount) for name, amount in found.items()}  # type: ignore[union-attr]  # the client is not asynchronous
