"""The sending side of the queue: a job carries the id of its task, or of a file whose rows are to be indexed."""

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
INDEXER = "csvapi.jobs.handlers.index_rows"
KEEP = 300  # seconds a finished job stays readable in the dashboard; the task row is what counts
serializer = JSONSerializer


def connect(url: str) -> redis.Redis:
    """A client that gives up within seconds when the server is down, so that no request hangs on it."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=3,
        socket_timeout=10,
        health_check_interval=30,
        driver_info=None,  # otherwise every connection reads the package metadata again: 2 ms in each forked job
    )


def connect_briefly(url: str) -> redis.Redis:
    """A client that gives up at once when the server is down, for counts that this process can keep instead."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 1), driver_info=None
    )


class Jobs:
    """The sending side of the queue; times out a job after so many seconds, a small one perhaps earlier."""

    def __init__(self, connection: redis.Redis, timeout: int, of_small: int | None = None) -> None:
        self.connection = connection
        self._timeout, self._of_small = timeout, timeout if of_small is None else of_small
        self.queues = {name: Queue(name, connection=connection, serializer=serializer) for name in QUEUES}

    def enqueue(self, task_id: str, *, small: bool, trace: dict[str, str] | None = None) -> None:
        """Put a job with the task's id on one of the queues, replacing an earlier one. Raises QueueDown.

        The job carries the `trace` of the request that submitted the task (see `tracing`).
        """
        try:
            with self.connection.pipeline() as trip:
                trip.multi()
                trip.delete(Job.key_for(task_id))  # of an earlier attempt, whose time to live the new job would inherit
                self.queues[SMALL if small else QUEUE].enqueue(
                    HANDLER,
                    task_id,
                    job_id=task_id,
                    job_timeout=self._of_small if small else self._timeout,
                    result_ttl=KEEP,
                    failure_ttl=KEEP,
                    description=task_id,
                    meta=trace,
                    pipeline=trip,
                )
                trip.execute()
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached; nothing was started, try again in a moment") from error

    def index_rows(self, file_id: int, user_id: int, name: str) -> None:
        """Have a worker make the index of a file's rows, which was claimed under that name. Raises QueueDown."""
        try:
            self.queues[SMALL].enqueue(
                INDEXER,
                args=(file_id, user_id, name),
                job_timeout=self._of_small,
                result_ttl=KEEP,
                failure_ttl=KEEP,
                description=f"rows of file {file_id}",
            )
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached; try again in a moment") from error

    def waiting(self) -> set[str]:
        """The ids of all jobs that no worker has taken yet. Raises QueueDown."""
        try:
            return {task_id for queue in self.queues.values() for task_id in queue.job_ids}
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached") from error

    def withdraw(self, task_id: str) -> None:
        """Remove a job; one that was taken, or that stays because the queue is down, will find nothing to do."""
        try:
            for queue in self.queues.values():
                queue.remove(task_id)
        except redis.RedisError:
            return

    def figures(self) -> tuple[int, dict[str, int]]:
        """The number of waiting jobs, and of live processes per program (see `heartbeats`). Raises QueueDown."""
        try:
            waiting = sum(queue.count for queue in self.queues.values())
            return waiting, {name: heartbeats.count(self.connection, name) for name in heartbeats.PROGRAMS}
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached") from error

    def workers(self) -> list[str]:
        """The names of the workers, sorted. Raises QueueDown."""
        try:
            return heartbeats.alive(self.connection, "worker")
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached") from error

    def first_of_many(self, name: str) -> bool:
        """Whether the worker is the first by name of at least two; False while the queue is down."""
        try:
            names = self.workers()
        except QueueDown:
            return False
        return len(names) > 1 and names[0] == name

    def check(self) -> None:
        """Raise QueueDown unless the queue answers and accepts jobs, which it does not with a full disk."""
        try:
            self.connection.ping()
        except redis.ResponseError as error:
            raise QueueDown(f"The queue takes no jobs now: {error}") from error
        except redis.RedisError as error:
            raise QueueDown("The queue cannot be reached") from error
