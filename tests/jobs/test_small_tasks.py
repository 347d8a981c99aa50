"""The job of a small task, as rq-dashboard shows it, and what writing it costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue, Worker
from rq.job import Job

from csvapi.jobs.small_tasks import perform
from csvapi.queue.enqueue import KEEP, SMALL, connect, serializer
from tests.jobs.work import __name__ as work
from tests.servers import private_valkey


@pytest.fixture(scope="module")
def connection() -> Iterator[Redis]:
    with private_valkey() as url, connect(url) as connection:
        yield connection


@pytest.fixture
def queue(connection: Redis) -> Queue:
    return Queue(SMALL, connection=connection, serializer=serializer)


@pytest.fixture
def worker(connection: Redis, queue: Queue) -> Iterator[Worker]:
    worker = Worker([queue], connection=connection, serializer=serializer)
    worker.register_birth()
    yield worker
    worker.register_death()


def performed(worker: Worker, queue: Queue, name: str, argument: str = "", timeout: int = 60) -> Job:
    """The job as the queue knows it after it was run."""
    job = queue.enqueue(f"{work}.{name}", argument, job_timeout=timeout, result_ttl=KEEP, failure_ttl=KEEP)
    queue.connection.lrem(queue.key, 1, job.id)  # as a worker takes it
    perform(worker, job, queue)
    return Job.fetch(job.id, connection=queue.connection, serializer=serializer)


def test_one_that_succeeds_is_written_in_one_trip(worker: Worker, queue: Queue, connection: Redis) -> None:
    before = connection.info("commandstats")
    job = performed(worker, queue, "fine")
    after = connection.info("commandstats")
    trips = after["cmdstat_exec"]["calls"] - before.get("cmdstat_exec", {"calls": 0})["calls"]
    assert trips == 3, "two of them are those of `enqueue`"
    assert job.get_status() == "finished"
    assert job.id in queue.finished_job_registry
    assert job.worker_name == worker.name
    assert job.started_at
    assert job.ended_at
    assert job.started_at <= job.ended_at
    assert 0 < connection.ttl(job.key) <= KEEP
    assert job.latest_result().type.name == "SUCCESSFUL"
    worker.refresh()
    assert worker.successful_job_count == 1


def test_one_that_fails_says_why(worker: Worker, queue: Queue) -> None:
    job = performed(worker, queue, "broken", "the disk is full")
    assert job.get_status() == "failed"
    assert job.id in queue.failed_job_registry
    assert "the disk is full" in str(job.latest_result().exc_string)


def test_one_that_takes_too_long_is_stopped(worker: Worker, queue: Queue, tmp_path: Path) -> None:
    job = performed(worker, queue, "endless", str(tmp_path / "pid"), timeout=1)
    assert job.get_status() == "failed"
    assert "JobTimeoutException" in str(job.latest_result().exc_string)


def test_one_that_runs_for_longer_is_shown_as_started(worker: Worker, queue: Queue) -> None:
    assert performed(worker, queue, "shown", timeout=120).get_status() == "finished"
