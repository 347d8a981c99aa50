"""Progress of running tasks and requests to stop, in Redis; losing them costs no task."""

from __future__ import annotations

import json
from typing import Any

import redis
from redis.client import Pipeline

CHANNEL = "csvapi:news"  # where it is published that a task has moved
LIFE = 3600  # seconds the last figures outlive their task


def publish(connection: redis.Redis, task_id: str, figures: dict[str, Any]) -> bool:
    """Store the latest progress; returns whether the task is to stop. While Redis is down the task goes on."""
    try:
        with connection.pipeline(transaction=False) as pipeline:
            pipeline.set(_key(task_id), json.dumps(figures), ex=LIFE)
            pipeline.exists(_stop_key(task_id))
            pipeline.publish(CHANNEL, json.dumps({"task": task_id, "progress": figures}))
            return bool(pipeline.execute()[1])
    except redis.RedisError:
        return False


def notify(connection: redis.Redis, task_id: str, *, ended: bool = True) -> None:
    """Publish that the task's row has changed, and whether it may have `ended`; listeners read the row themselves."""
    try:
        connection.publish(CHANNEL, json.dumps({"task": task_id, "ended": ended}))
    except redis.RedisError:
        return


def put_notice(trip: Pipeline, task_id: str) -> None:
    """Have it published, with what else the trip brings to Redis, that the task may have ended."""
    trip.publish(CHANNEL, json.dumps({"task": task_id, "ended": True}))


def ask_to_stop(connection: redis.Redis, task_id: str) -> None:
    """Ask the running task to stop, which it sees sooner than in its row."""
    try:
        connection.set(_stop_key(task_id), 1, ex=LIFE)
    except redis.RedisError:
        return


def forget(connection: redis.Redis, task_id: str) -> None:
    """Delete the progress and the request to stop, for a task that starts again."""
    try:
        connection.delete(_key(task_id), _stop_key(task_id))
    except redis.RedisError:
        return


def read(connection: redis.Redis, task_id: str) -> dict[str, Any] | None:
    """The task's latest progress; None if there is none or Redis is down."""
    try:
        found = connection.get(_key(task_id))
    except redis.RedisError:
        return None
    return json.loads(found) if isinstance(found, bytes) else None


def _key(task_id: str) -> str:
    return f"csvapi:progress:{task_id}"


def _stop_key(task_id: str) -> str:
    return f"csvapi:stop:{task_id}"
