"""What workers have done, counted in Redis: work-horses live too briefly to be scraped.

If Redis loses its data, the counts start again from 0, as Prometheus expects of a counter that restarts.
"""

from __future__ import annotations

from collections.abc import Mapping

import redis
from redis.client import Pipeline

KEY = "csvapi:tally"

Name = tuple[str, ...]  # what is counted, then its labels


def put(trip: Pipeline, amounts: Mapping[Name, float]) -> None:
    """Have the amounts added with what else the trip brings to Redis."""
    for name, amount in amounts.items():
        trip.hincrbyfloat(KEY, "|".join(name), amount)


def read(connection: redis.Redis) -> dict[Name, float]:
    """All counts; none while Redis is down."""
    try:
        found = connection.hgetall(KEY)
    except redis.RedisError:
        return {}
    return {tuple(name.decode().split("|")): float(amount) for name, amount in found.items()}  # type: ignore[union-attr]  # the client is not asynchronous
