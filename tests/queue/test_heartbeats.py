"""Signs of life, of real processes: those that live count, whatever Redis lost; those that were stopped do not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import text

from csvapi.extensions import runtime, transaction
from csvapi.queue import heartbeats
from csvapi.queue.enqueue import QUEUE, connect, serializer
from tests.servers import private_valkey
from tests.services.alone import alone, environ
from tests.stack import environment
from tests.waiting import until

__all__ = ["alone", "environ"]
PAST = heartbeats.SILENT + 5


@pytest.fixture
def queue() -> Iterator[Redis]:
    with private_valkey() as url, connect(url) as connection:
        yield connection


def env(queue: Redis, folder: Path) -> dict[str, str]:
    url = f"unix://{queue.connection_pool.connection_kwargs['path']}"
    return {**os.environ, **environment(f"sqlite:///{folder / 'db'}", url, folder)}


@pytest.fixture
def running(queue: Redis, tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """A worker and a scheduler that have each given a sign."""
    with ExitStack() as stack:
        log = stack.enter_context((tmp_path / "log").open("wb"))
        programs = {}
        for program in heartbeats.PROGRAMS:
            command = [sys.executable, "-m", "csvapi", program]
            programs[program] = subprocess.Popen(command, env=env(queue, tmp_path), stdout=log, stderr=log)
            stack.callback(programs[program].wait)
            stack.callback(programs[program].kill)
        until(lambda: all(heartbeats.count(queue, program) == 1 for program in heartbeats.PROGRAMS))
        yield programs


def health(queue: Redis, folder: Path) -> dict[str, tuple[int, str]]:
    """What `csvapi health` says of each program: exit code and words."""
    asked = {
        program: subprocess.Popen(
            [sys.executable, "-m", "csvapi", "health", program],
            env=env(queue, folder),
            stderr=subprocess.PIPE,
            text=True,
        )
        for program in heartbeats.PROGRAMS
    }
    return {
        program: (process.returncode, words)
        for program, process in asked.items()
        for words in process.communicate()[1:]
    }


def age(queue: Redis) -> None:
    """Let so much time have passed since everybody's last sign, as far as Redis knows."""
    for program in heartbeats.PROGRAMS:
        for name in queue.zrange(f"csvapi:alive:{program}", 0, -1):
            queue.zincrby(f"csvapi:alive:{program}", -PAST, name)


def alive(queue: Redis) -> dict[str, int]:
    return {program: heartbeats.count(queue, program) for program in heartbeats.PROGRAMS}


def test_a_stopped_process_is_unhealthy_and_a_live_one_healthy_though_redis_lost_everything(
    queue: Redis, running: dict[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    healthy = dict.fromkeys(heartbeats.PROGRAMS, (0, ""))
    queue.flushall()
    assert health(queue, tmp_path) == healthy
    for process in running.values():
        process.send_signal(signal.SIGSTOP)
    age(queue)
    assert alive(queue) == {"worker": 0, "scheduler": 0}
    for program, (code, words) in health(queue, tmp_path).items():
        assert code == 1
        assert f"The {program} (process {running[program].pid}) has given no sign of life for " in words
    for process in running.values():
        process.send_signal(signal.SIGCONT)
    assert health(queue, tmp_path) == healthy


def test_killed_processes_count_no_longer_and_those_that_end_stop_counting_at_once(
    queue: Redis, running: dict[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    Queue(QUEUE, connection=queue, serializer=serializer).enqueue("tests.jobs.work.endless", str(pid), job_timeout=60)
    until(pid.exists)
    age(queue)
    until(lambda: alive(queue) == {"worker": 1, "scheduler": 1})  # the worker's by the loop that watches its job
    running["worker"].kill()
    running["worker"].wait()
    age(queue)
    until(lambda: alive(queue) == {"worker": 0, "scheduler": 1})
    running["scheduler"].terminate()
    running["scheduler"].wait(10)
    assert alive(queue) == {"worker": 0, "scheduler": 0}
    for program, (code, words) in health(queue, tmp_path).items():
        assert (code, f"No {program} of this host has given a sign of life" in words) == (1, True)


def test_what_a_process_of_the_same_number_left_when_it_was_killed_does_not_count(
    queue: Redis, running: dict[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    """A container that was killed and started again numbers its processes as before."""
    for program in heartbeats.PROGRAMS:
        (name,) = heartbeats.alive(queue, program)
        before = name.rpartition("-")[0] + "-00000000"
        queue.zadd(f"csvapi:alive:{program}", {before: time.time() - PAST})
        assert str(running[program].pid) in before
    assert health(queue, tmp_path) == dict.fromkeys(heartbeats.PROGRAMS, (0, ""))


def test_a_long_round_gives_signs_with_its_transactions_and_a_thread_beside_it_gives_none(
    alone: Flask, environ: dict[str, str]
) -> None:
    queue = runtime().redis

    def work() -> bool:
        with alone.app_context(), transaction() as session:
            return bool(session.execute(text("SELECT 1")))

    heartbeats.begin(environ["REDIS_URL"], "scheduler", "here-1-x")
    try:
        age(queue)
        again = time.monotonic() + 1.2 * heartbeats.AGAIN
        with ThreadPoolExecutor(1) as beside:
            beside.submit(until, lambda: work() and time.monotonic() > again).result()
        assert heartbeats.count(queue, "scheduler") == 0
        work()
        assert heartbeats.count(queue, "scheduler") == 1
    finally:
        heartbeats.end()
    assert heartbeats.count(queue, "scheduler") == 0
