"""How many status requests one web process answers in a second, of tasks that have ended and of tasks that wait."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from benchmarks.service.client import Client, job, start
from benchmarks.service.running import Service

USERS = 16  # who share the requests: each may send a hundred a second
EACH = 4  # connections of each
SECONDS = 5.0


def polls(service: Service, small: bytes) -> dict[str, float]:
    """Clients that ask in turn for a task that has ended and for one that waits, until the time is over.

    The answer about a task that waits is held for up to 0.1 s, so it takes many clients to send so many requests. The
    workers are stopped meanwhile: tasks wait, and what is measured is the web process.
    """
    clients = [service.client(f"bench{number}@example.com") for number in range(USERS)]
    ended = [job(client, small)[1] for client in clients]
    with _stopped(service.processes("worker")):
        asking = []
        for client, first in zip(clients, ended, strict=True):
            second = start(client, small)
            asking += [(client.another(), (first, second)) for _ in range(EACH)]
        switches, before, begin = service.switches("web"), service.seconds()["web"], time.perf_counter()
        end = begin + SECONDS
        with ThreadPoolExecutor(len(asking)) as pool:
            count = sum(pool.map(lambda each: _asked(each[0], each[1], end), asking))
        used, seconds = service.seconds()["web"] - before, time.perf_counter() - begin
        switches = service.switches("web") - switches
    return {
        f"status requests a second, {len(asking)} clients, one web process": count / seconds,
        "... each, ms of the web process": used / count * 1000,
        "... each, switches between the web process's threads": switches / count,
    }


def _asked(client: Client, tasks: tuple[str, str], end: float) -> int:
    count = 0
    while time.perf_counter() < end:
        for task, status in zip(tasks, ("SUCCESS", "PENDING"), strict=True):
            answer = client.status(task)
            if answer["status"] != status:
                raise SystemExit(f"a task is {answer}, not {status}")
            count += 1
    return count


@contextmanager
def _stopped(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
