"""How many workers a user may hold: all, or all but one while another user is active who may need one.

A user is active while a task of theirs waits, and for a few seconds after they submit one or one ends. Redis knows who
is active and which workers there are; the rows say how many tasks a user runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import redis
from redis.client import Pipeline
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from csvapi.errors import Unavailable
from csvapi.extensions import runtime, transaction
from csvapi.models import File, Status, Task
from csvapi.services import engine_choice
from csvapi.services.steps import files_named

RECENT = 10  # seconds
_THERE = "csvapi:there"
_LEAST = 2  # workers; with fewer, none is reserved for others

# Notes that some users are there, by the server's clock; answers how many others than the first are, too.
_NOTE = """
local now = tonumber(redis.call('TIME')[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now, ARGV[i]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now - ARGV[1]))
return redis.call('ZCARD', KEYS[1]) - 1
"""


def there(*user_ids: int) -> int:
    """Note that these users are active; returns how many users besides the first are. 0 while Redis is down."""
    if not user_ids:
        return 0
    try:
        return int(runtime().redis.eval(_NOTE, 1, _THERE, RECENT, *user_ids))
    except redis.RedisError:
        return 0


def put(trip: Pipeline, user_id: int) -> None:
    """Have it noted, with what else the trip brings to Redis, that the user is active."""
    trip.eval(_NOTE, 1, _THERE, RECENT, user_id)


def others_wait(task_id: str) -> bool:
    """Whether another user than the task's is active. Raises DatabaseDown."""
    with transaction() as session:
        owner = session.scalar(select(Task.user_id).where(Task.id == task_id))
    return owner is not None and there(owner) > 0


def share(user_id: int) -> int:
    """How many tasks the user, who is active, may have on the queue or running now."""
    most = runtime().settings.max_running
    if not there(user_id):
        return most
    return min(most, but_one())


def but_one() -> int:
    """The number of workers less one; no limit if there are too few, or if their number is unknown."""
    try:
        workers = len(runtime().jobs.workers())
    except Unavailable:
        workers = 0
    return workers - 1 if workers >= _LEAST else runtime().settings.max_running


def running(session: Session, user_id: int) -> int:
    """How many tasks the user runs; call this with the user locked."""
    mine = (Task.user_id == user_id, Task.status == Status.RUNNING)
    return session.scalar(select(func.count()).where(*mine)) or 0


def is_small(size: int, steps: list[dict[str, Any]], options: Mapping[str, Any]) -> bool:
    """Whether a task over so many bytes, and no other file, counts as small: own queue, no fork."""
    if engine_choice.considered(options, size):
        return False  # a cluster's client has threads, after which a worker could not fork
    return size < runtime().settings.fork_above and not files_named(steps)


def small_ones(task_ids: Sequence[str]) -> set[str]:
    """The ids of the small ones among the tasks. Raises DatabaseDown."""
    query = (
        select(Task.id, File.size, Task.steps, Task.options)
        .join(File, Task.file_id == File.id)
        .where(Task.id.in_(task_ids))
    )
    with transaction() as session:
        found = session.execute(query).all()
    return {task_id for task_id, size, steps, options in found if is_small(size, steps, options)}
