"""Handing a task's id to the workers."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from csvapi.errors import QueueDown
from csvapi.queue import heartbeats

QUEUE = "csvapi"
SMALL = "csvapi-small"  # tasks over small inputs: they need not wait until large ones have ended
QUEUES = (SMALL, QUEUE)
HANDLER = "csvapi.jobs.handlers.run"
KEEP = 300  # seconds a finished job stays readable in the dashboard; the task row is what counts
serializer = JSONSerializer


def connect(url: str) -> redis.Redis:
    """A client that gives up in seconds when the server is gone, so that a request never hangs on it."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=3,
        socket_timeout=10,
        health_check_interval=30,
        driver_info=None,  # else every connection reads the package metadata again: 2 ms in each forked job
    )


def connect_briefly(url: str) -> redis.Redis:
    """A client for what can be counted in this process, too, when the server is gone: it gives up at once."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 1), driver_info=None
    )


class Jobs:
    """The sending side of the queue."""

    def __init__(self, connection: redis.Redis, timeout: int) -> None:
        self.connection = connection
        self._timeout = timeout
        self.queues = {name: Queue(name, connection=connection, serializer=serializer) for name in QUEUES}

    def enqueue(self, task_id: str, *, small: bool, trace: dict[str, str] | None = None) -> None:
        """Put a job with the task's id on one of the queues, in place of an earlier one; raises QueueDown.

        The `trace` of the request that asked for the task goes with it (see `tracing`).
        """
        try:
            self.connection.delete(
                Job.key_for(task_id)
            )  # of an earlier attempt, whose time to live would be this one's
            self.queues[SMALL if small else QUEUE].enqueue(
                HANDLER,
                task_id,
                job_id=task_id,
                job_timeout=self._timeout,
                result_ttl=KEEP,
                failure_ttl=KEEP,
                description=task_id,
                meta=trace,
            )
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached; nothing was started, try again in a moment") from error

    def waiting(self) -> set[str]:
        """The ids of all jobs that no worker has taken yet; raises QueueDown."""
        try:
            return {task_id for queue in self.queues.values() for task_id in queue.job_ids}
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached") from error

    def withdraw(self, task_id: str) -> None:
        """Take a job back; one that a worker took, or that stays because the queue is down, finds nothing to do."""
        try:
            for queue in self.queues.values():
                queue.remove(task_id)
        except redis.RedisError:
            return

    def figures(self) -> tuple[int, dict[str, int]]:
        """How many jobs wait, and how many processes of each program are alive (see `heartbeats`); raises QueueDown."""
        try:
            waiting = sum(queue.count for queue in self.queues.values())
            return waiting, {name: heartbeats.count(self.connection, name) for name in heartbeats.PROGRAMS}
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached") from error

    def workers(self) -> list[str]:
        """The names of the workers, in their order; raises QueueDown."""
        try:
            return heartbeats.alive(self.connection, "worker")
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached") from error

    def first_of_many(self, name: str) -> bool:
        """Whether the worker is the first by name of two or more; not while nobody knows."""
        try:
            names = self.workers()
        except QueueDown:
            return False
        return len(names) > 1 and names[0] == name

    def check(self) -> None:
        """Raise QueueDown unless the queue answers, and takes jobs: one whose disk is full says so here."""
        try:
            self.connection.ping()
        except redis.ResponseError as error:
            raise QueueDown(f"The queue takes no jobs now: {error}") from error
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached") from error
