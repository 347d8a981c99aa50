"""Tasks in real workers that are killed, stopped, cancelled or starved: each goes on, or ends with its cause."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from csvapi.extensions import runtime
from csvapi.models import Task
from csvapi.services import tasks
from tests.processes import children, time_of_children
from tests.programs import program
from tests.services.alone import alone, ann, environ, row, stored, written
from tests.stack import Account
from tests.waiting import until

__all__ = ["alone", "ann", "environ"]
pytestmark = pytest.mark.parametrize("environ", ["sqlite"], indirect=True)  # the fault campaign is on MariaDB
LONG = [{"op": "dedup", "ignore": ["case"]}] * 50  # so many passes over the file, with keys that Python makes
CONTENT = b"a,b\n" + b"".join(b"%d,x\n" % n for n in range(1000)) * 1000
PATIENCE = 300.0  # seconds for a task that a slow machine runs beside other tests
RESULT = b"a,b\n" + b"".join(b"%d,x\n" % n for n in range(1000))


@contextmanager
def worker(environ: dict[str, str], folder: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    with program("worker", {**environ, "CSVAPI_LEASE": "60s", **settings}, folder / "log") as process:
        yield process


def running(account: Account, steps: list[dict[str, str]]) -> str:
    """A task that has just begun to run, and has written something."""
    task_id = tasks.submit(account.id, stored(account, CONTENT), steps).id
    until(lambda: row(task_id).status == "running")
    until(lambda: list(runtime().settings.workspace_dir.glob(f"{task_id}-*/*")))
    return task_id


def ended(task_id: str, within: float = PATIENCE) -> Task:
    until(lambda: row(task_id).status not in {"queued", "running"}, within)
    return row(task_id)


def horse_of(process: subprocess.Popen[bytes]) -> int:
    return until(lambda: next(iter(children(process.pid)), 0))


def result(task: Task) -> str:
    assert task.status == "succeeded", (task.error_code, task.error_detail)
    assert task.receipt
    return str(task.receipt["output"]["sha256"])


def test_a_killed_work_horse_is_noticed_at_once(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    """Long before its lease has run out."""
    with worker(environ, tmp_path) as process:
        task_id = running(ann, LONG[:5])
        before = set(written())
        os.kill(horse_of(process), signal.SIGKILL)
        until(lambda: row(task_id).attempt == 2, within=20)
        done = ended(task_id)
        assert (result(done), done.lost) == (hashlib.sha256(RESULT).hexdigest(), 1)
        assert not [path for path in before & set(written()) if f"{task_id}-1" in str(path)]


def test_a_stopping_worker_hands_its_task_back(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    with worker(environ, tmp_path, CSVAPI_STOP_GRACE="1s") as process:
        task_id = running(ann, LONG)
        process.terminate()
        assert process.wait(10) == 0, (tmp_path / "log").read_text()
        back = row(task_id)
        assert (back.status, back.attempt, back.lost) == ("queued", 1, 0)
        assert runtime().jobs.waiting() == {task_id}
        assert not list(runtime().settings.workspace_dir.glob(f"{task_id}-*"))


def test_a_stopping_worker_finishes_what_it_can(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    with worker(environ, tmp_path, CSVAPI_STOP_GRACE="600s") as process:
        task_id = running(ann, LONG[:3])
        process.terminate()
        assert process.wait(PATIENCE) == 0
        assert result(row(task_id)) == hashlib.sha256(RESULT).hexdigest()


def test_a_task_that_runs_too_long_times_out(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    with worker(environ, tmp_path, CSVAPI_TASK_TIME="1s"):
        task = ended(running(ann, LONG))
        assert (task.status, task.error_code) == ("failed", "timed_out")
        assert task.attempt == 1


def test_a_running_task_is_cancelled_long_before_it_would_end(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    with worker(environ, tmp_path):
        task_id = running(ann, LONG)
        tasks.cancel(ann.id, task_id)
        until(lambda: row(task_id).status == "cancelled", within=5)
        until(lambda: not [path for path in written() if task_id in str(path)], within=5)
        assert row(task_id).result_file_id is None


def test_a_horse_that_says_nothing_keeps_its_lease(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    """Stopped by a signal it renews nothing itself: its worker does, and ends it when it is cancelled."""
    with worker(environ, tmp_path, CSVAPI_LEASE="2s") as process:
        task_id = running(ann, LONG)
        os.kill(horse_of(process), signal.SIGSTOP)
        seen = row(task_id).lease_expires_at
        assert seen
        until(lambda: (row(task_id).lease_expires_at or seen) > seen)
        tasks.cancel(ann.id, task_id)
        until(lambda: row(task_id).status == "cancelled", within=5)
        until(lambda: not list(runtime().settings.workspace_dir.glob(f"{task_id}-*")))


@pytest.fixture
def little_memory(tmp_path: Path) -> Iterator[Path]:
    """A control group whose processes may together use little memory."""
    root = Path("/sys/fs/cgroup")
    version_1 = (root / "memory").is_dir()
    group = root / ("memory" if version_1 else "") / f"csvapi-test-{os.getpid()}"
    try:
        group.mkdir()
        limit = group / ("memory.limit_in_bytes" if version_1 else "memory.max")
        limit.write_text(str(150 << 20))
    except OSError as error:
        pytest.skip(f"control groups cannot be made here: {error}")
    yield group / "cgroup.procs"
    until(lambda: not (group / "cgroup.procs").read_text())
    group.rmdir()


def test_a_horse_killed_for_its_memory_says_so(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path, little_memory: Path
) -> None:
    """The keys of many records to sort, with no limit on what they may take."""
    with worker(environ, tmp_path, CSVAPI_MAX_ATTEMPTS="1", CSVAPI_TASK_MEMORY="4GiB") as process:
        little_memory.write_text(str(process.pid))
        content = b"a\n" + b"".join(b"%d\n" % n for n in range(3_000_000))
        task = ended(tasks.submit(ann.id, stored(ann, content), [{"op": "sort", "by": [{"column": "a"}]}]).id)
        assert (task.status, task.error_code) == ("failed", "out_of_memory"), task.error_detail
        assert process.poll() is None


def test_a_small_task_needs_no_process_of_its_own_and_a_large_one_gets_it(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    with worker(environ, tmp_path, CSVAPI_FORK_ABOVE="10B", CSVAPI_PROCESSES="1") as process:
        small, large = b"a\n1\n1\n", b"a\n" + b"1\n" * 10
        assert ended(tasks.submit(ann.id, stored(ann, small), LONG[:1]).id).status == "succeeded"
        assert time_of_children(process.pid) == 0
        assert ended(tasks.submit(ann.id, stored(ann, large), LONG[:1]).id).status == "succeeded"
        until(lambda: time_of_children(process.pid) > 0)
