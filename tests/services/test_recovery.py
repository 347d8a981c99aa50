"""Whatever died, every task goes on or ends, once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from structlog.testing import capture_logs

from csvapi.errors import Cancelled, NotFound, OutOfMemory, TaskFinished, WorkerLost
from csvapi.extensions import runtime
from csvapi.models import Status, now
from csvapi.queue.enqueue import SMALL
from csvapi.services import attempt_files, leases, recovery, tasks
from csvapi.services.recovery import UNCLAIMED
from tests.services.alone import alone, ann, bob, change, environ, row, run, submit, written
from tests.stack import Account

__all__ = ["alone", "ann", "bob", "environ"]
LOST = WorkerLost("The worker was lost")


def expire(task_id: str) -> None:
    change(task_id, lease_expires_at=now() - timedelta(seconds=1))


def on_the_queue() -> set[str]:
    return runtime().jobs.waiting()


def taken(task_id: str) -> None:
    """A worker takes the job, and dies before it claims the task."""
    runtime().jobs.withdraw(task_id)


def test_a_silent_worker_loses_its_task_and_the_last_one_fails_it(alone: Flask, ann: Account) -> None:
    task_id = submit(ann)
    for attempt in (1, 2):
        taken(task_id)
        assert leases.claim(task_id, "somebody")
        recovery.reap()
        assert row(task_id).status == "running"
        expire(task_id)
        recovery.reap()
        assert row(task_id).lost == attempt
        assert (task_id in on_the_queue()) == (attempt == 1)
    ended = row(task_id)
    assert (ended.status, ended.error_code, ended.attempt) == ("failed", "worker_lost", 2)
    assert recovery.reap() == 0


def test_a_task_given_up_is_finished_by_the_next_worker(alone: Flask, ann: Account) -> None:
    task_id = submit(ann)
    claimed = leases.claim(task_id, "zombie")
    assert claimed
    zombie = claimed.task
    with attempt_files.temporary_files(zombie) as (target, workspace):
        target.write_bytes(b"half")
        workspace.mkdir(parents=True)
        (workspace / "keys").write_bytes(b"half")
        expire(task_id)
        recovery.reap()
        assert not target.exists()
        assert not workspace.exists()
        run(task_id)
        with pytest.raises(Cancelled):
            leases.finish(zombie, Status.FAILED)
    done = row(task_id)
    assert (done.status, done.attempt) == ("succeeded", 2)
    assert not leases.give_up(zombie, LOST)


def test_what_the_queue_lost_is_put_on_it_again(alone: Flask, ann: Account) -> None:
    task_id = submit(ann)
    runtime().redis.flushdb()
    recovery.reap()
    assert not on_the_queue()  # it may be on its way to a worker
    change(task_id, queued_at=now() - UNCLAIMED - timedelta(seconds=1))
    recovery.reap()
    assert on_the_queue() == {task_id}
    assert row(task_id).lost == 0
    assert recovery.reap() == 0


def test_many_reapers_do_it_once(alone: Flask, ann: Account) -> None:
    ids = [submit(ann) for _ in range(3)]
    for task_id in ids:
        taken(task_id)
        assert leases.claim(task_id, "somebody")
        expire(task_id)

    def reap(_: int) -> int:
        with alone.app_context():
            return recovery.reap()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(reap, range(4))) == 3
    assert [row(task_id).lost for task_id in ids] == [1, 1, 1]
    assert sorted(runtime().jobs.queues[SMALL].job_ids) == sorted(ids)  # each of them once


def test_an_end_whose_answer_was_lost_is_not_written_twice(alone: Flask, ann: Account) -> None:
    task_id = submit(ann)
    claimed = leases.claim(task_id, "here")
    assert claimed
    task = claimed.task
    assert task
    leases.finish(task, Status.FAILED, error_code="first")
    leases.finish(task, Status.FAILED, error_code="again")
    assert row(task_id).error_code == "first"
    with pytest.raises(Cancelled):
        leases.finish(task, Status.SUCCEEDED)


def test_a_worker_holds_its_own_task_only(alone: Flask, ann: Account) -> None:
    task_id = submit(ann)
    assert leases.hold(task_id, "here")  # nobody has it yet
    claimed = leases.claim(task_id, "here")
    assert claimed
    task = claimed.task
    assert task
    expire(task_id)
    assert leases.hold(task_id, "here")
    assert not leases.hold(task_id, "there")
    assert recovery.reap() == 0
    change(task_id, cancel_requested=True)
    assert not leases.hold(task_id, "here")


def test_a_handed_back_task_costs_no_attempt(alone: Flask, ann: Account) -> None:
    task_id = submit(ann)
    for attempt in range(1, 5):
        taken(task_id)
        assert leases.claim(task_id, "here")
        recovery.abandoned(task_id, "here", LOST, blameless=True)
        assert (row(task_id).attempt, row(task_id).lost) == (attempt, 0)
        assert task_id in on_the_queue()


def test_the_last_cause_is_told(alone: Flask, ann: Account) -> None:
    task_id = submit(ann)
    for cause in (LOST, OutOfMemory("Killed for want of memory")):
        assert leases.claim(task_id, "here")
        recovery.abandoned(task_id, "somebody else", cause)
        assert row(task_id).status == "running"
        recovery.abandoned(task_id, "here", cause)
    assert row(task_id).error_code == "out_of_memory"


def test_a_dead_process_that_ran_too_long_timed_out(alone: Flask, ann: Account) -> None:
    task_id = submit(ann)
    assert leases.claim(task_id, "here")
    change(task_id, started_at=now() - timedelta(seconds=runtime().settings.task_time + 1))
    recovery.abandoned(task_id, "here", LOST)
    assert (row(task_id).status, row(task_id).error_code) == ("failed", "timed_out")


def test_cancel_works_in_every_state(alone: Flask, ann: Account, bob: Account) -> None:
    queued, running, finished = (submit(ann) for _ in range(3))
    with pytest.raises(NotFound):
        tasks.cancel(bob.id, queued)
    assert tasks.cancel(ann.id, queued).status == "cancelled"
    assert queued not in on_the_queue()
    run(queued)
    assert row(queued).attempt == 0
    assert leases.claim(running, "here")
    assert tasks.cancel(ann.id, running).cancel_requested
    expire(running)
    recovery.reap()
    assert row(running).status == "cancelled"
    run(finished)
    with pytest.raises(TaskFinished, match="succeeded"):
        tasks.cancel(ann.id, finished)


def test_nothing_is_left_of_a_task_whose_input_is_gone(alone: Flask, ann: Account) -> None:
    task_id = submit(ann, b"a\nits own\n")
    before: list[Path] = written()
    source = next(path for path in before if path.read_bytes() == b"a\nits own\n")
    source.unlink()
    run(task_id)
    assert row(task_id).status == "failed"
    assert "missing" in str(row(task_id).error_detail)
    assert set(written()) <= set(before)


def test_each_line_of_a_recovery_names_its_task(alone: Flask, ann: Account) -> None:
    silent, lost = submit(ann), submit(ann)
    with capture_logs() as lines:
        assert leases.claim(silent, "somebody")
        expire(silent)
        runtime().redis.flushdb()
        change(lost, queued_at=now() - timedelta(minutes=1))
        recovery.reap()
    told = {(line["event"], line.get("task_id")): line for line in lines}
    assert told["attempt_given_up", silent]["worker"] == "somebody"
    assert ("task_put_on_the_queue_again", lost) in told
    with capture_logs() as lines:
        run(silent)
    (started,) = [line for line in lines if line["event"] == "task_started"]
    assert started["worker"] == f"{os.getpid()}"
