"""What a small job costs beside time: statements, trips, fsyncs, and processor time by process."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql
import redis
from sqlalchemy import URL

from benchmarks.service.running import Service

_STATUS = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Com_commit')"
_CALLS = "fsync,fdatasync"


def per_job(service: Service, jobs: int, run: Callable[[], None], database: URL | None) -> Iterator[tuple[str, float]]:
    """What each of so many jobs took, one after the other: processor time by process, trips to the queue, statements.

    Statements are counted by a server only: with SQLite there are as many.
    """
    queue = redis.Redis.from_url(service.queue)
    before = {**service.seconds(), "client": time.process_time(), **_trips(queue), **_statements(database)}
    run()
    after = {**service.seconds(), "client": time.process_time(), **_trips(queue), **_statements(database)}
    for name, value in before.items():
        used = (after[name] - value) / jobs
        is_time = name in {*service.seconds(), "client"}
        yield (f"{name}, ms of processor time", used * 1000) if is_time else (name, used)


def _trips(queue: redis.Redis) -> dict[str, float]:
    found = queue.info("stats")
    return {"trips to the queue": found["total_reads_processed"], "commands in them": found["total_commands_processed"]}


def _statements(database: URL | None) -> dict[str, float]:
    if database is None:
        return {}
    socket: Any = database.query.get("unix_socket")
    password = database.password or ""
    server = pymysql.connect(
        host=database.host or "localhost", user=database.username, password=password, unix_socket=socket
    )
    with server, server.cursor() as cursor:
        cursor.execute(_STATUS)
        found = {name: float(value) for name, value in cursor.fetchall()}
    return {"statements": found["Questions"], "commits": found["Com_commit"]}


def fsyncs(service: Service, jobs: int, run: Callable[[], None]) -> float | None:
    """How often a job waits for the disk, as strace counts it; None without strace."""
    if not shutil.which("strace"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with _watched(service.processes(), log):
            run()
        return len(re.findall(r"\bf(?:data)?sync\(", log.read_text())) / jobs


@contextmanager
def _watched(pids: list[int], log: Path) -> Iterator[None]:
    command = ["strace", "-f", "-qq", "-e", f"trace={_CALLS}", "-o", str(log)]
    process = subprocess.Popen([*command, *(word for pid in pids for word in ("-p", str(pid)))])
    while not all(_tracer(pid) for pid in pids):
        time.sleep(0.01)
    yield
    process.send_signal(signal.SIGINT)
    process.wait()


def _tracer(pid: int) -> bool:
    """Whether somebody looks on, or there is nobody to look at any more."""
    try:
        return "TracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True
