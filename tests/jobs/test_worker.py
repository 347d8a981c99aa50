"""The worker as a process: what a job does to itself harms nothing else, and nothing outlives the worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job

from csvapi.queue.enqueue import QUEUE, SMALL, connect, serializer
from tests.processes import alive
from tests.servers import private_valkey, short_folder, valkey_in
from tests.stack import environment
from tests.waiting import until

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A queue that no other test's worker listens to."""
    with private_valkey() as url:
        yield url


@pytest.fixture
def queue(url: str) -> Iterator[Redis]:
    with connect(url) as connection:
        connection.flushdb()
        yield connection


@contextmanager
def working(url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    env = {**os.environ, **environment(f"sqlite:///{folder / 'db'}", url, folder), "PYTHONPATH": str(ROOT)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "worker.py"], cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def put(queue: Redis, name: str, argument: str = "", timeout: int = 60, on: str = QUEUE) -> Job:
    return Queue(on, connection=queue, serializer=serializer).enqueue(
        f"tests.jobs.work.{name}", argument, job_timeout=timeout
    )


def ended(job: Job) -> str:
    until(lambda: job.get_status() in {"finished", "failed"})
    return job.get_status().value


def test_a_job_that_is_killed_fails_and_the_next_one_runs(url: str, queue: Redis, tmp_path: Path) -> None:
    with working(url, tmp_path) as worker:
        assert ended(put(queue, "killed")) == "failed"
        assert ended(put(queue, "fine")) == "finished"
        assert worker.poll() is None


def test_a_job_that_takes_too_long_is_stopped(url: str, queue: Redis, tmp_path: Path) -> None:
    with working(url, tmp_path):
        job = put(queue, "endless", str(tmp_path / "pid"), timeout=1)
        assert ended(job) == "failed"
        assert "JobTimeoutException" in str(job.latest_result().exc_string)


def test_a_killed_worker_takes_its_job_along(url: str, queue: Redis, tmp_path: Path) -> None:
    with working(url, tmp_path) as worker:
        horse = running_job(queue, tmp_path / "pid")
        worker.kill()
        until(lambda: not alive({horse}), within=5)


def test_a_worker_stops_at_once_when_idle_and_after_its_job_when_busy(url: str, queue: Redis, tmp_path: Path) -> None:
    with working(url, tmp_path) as worker:
        assert ended(put(queue, "fine")) == "finished"
        worker.terminate()
        assert worker.wait(5) == 0
    with working(url, tmp_path) as worker:
        horse = running_job(queue, tmp_path / "pid")
        worker.terminate()
        os.kill(horse, signal.SIGKILL)
        assert worker.wait(5) == 0


def test_an_idle_worker_finds_a_lost_queue_again(tmp_path: Path) -> None:
    """Between jobs only: one that is lost elsewhere ends the worker, and its supervisor starts another."""
    with short_folder() as folder, ExitStack() as stack:
        with valkey_in(folder) as url:
            worker = stack.enter_context(working(url, tmp_path))
            with connect(url) as queue:
                assert ended(put(queue, "fine")) == "finished"
                until(lambda: any(client["cmd"] == "blpop" for client in queue.client_list()))
        until(lambda: "could not connect to Redis" in (tmp_path / "log").read_text())
        with valkey_in(folder) as url, connect(url) as queue:
            assert ended(put(queue, "fine")) == "finished"
        assert worker.poll() is None


def test_a_worker_tells_of_itself_once_a_second_and_not_with_each_job(url: str, queue: Redis, tmp_path: Path) -> None:
    with working(url, tmp_path):
        assert ended(put(queue, "fine", on=SMALL)) == "finished"
        before, began = queue.info("commandstats"), time.monotonic()
        jobs = [put(queue, "fine", on=SMALL) for _ in range(30)]
        assert {ended(job) for job in jobs} == {"finished"}
        after, seconds = queue.info("commandstats"), time.monotonic() - began
    for command in ("zrange", "exists"):  # which worker it is, and whether `rq suspend` was called
        name = f"cmdstat_{command}"
        assert after[name]["calls"] - before[name]["calls"] <= 2 * (seconds + 1) < len(jobs), command


def running_job(queue: Redis, path: Path) -> int:
    """Put an endless job and wait until it runs; its process id."""
    put(queue, "endless", str(path))
    return int(until(lambda: path.exists() and path.read_text()))


@pytest.mark.parametrize("others", [0, 1])
def test_a_worker_takes_turns_and_the_first_of_several_serves_small_tasks_first(
    url: str, queue: Redis, tmp_path: Path, others: int
) -> None:
    for _ in range(others):
        queue.zadd("csvapi:alive:worker", {"~": time.time() + 60})  # which comes last by name
    large, small = ([put(queue, "fine", on=name) for _ in range(3)] for name in (QUEUE, SMALL))
    with working(url, tmp_path):
        assert {ended(job) for job in large + small} == {"finished"}
    began = sorted(large + small, key=lambda job: str(job.latest_result().created_at))
    order = [job in small for job in began]
    assert order == ([True, True, True, False, False, False] if others else [True, False] * 3)
