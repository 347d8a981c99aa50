"""A task is run once and ended once, however often its job is delivered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from csvapi.errors import Cancelled
from csvapi.extensions import runtime, transaction
from csvapi.jobs import handlers
from csvapi.models import File, Status, Task
from csvapi.services import execution, leases, tasks
from tests.stack import Account

STOPPED = (InterruptedError, Cancelled("stopped"))


def submit(account: Account, content: bytes = b"a\n1\n1\n") -> str:
    """A task that is queued; no worker listens in these tests."""
    return tasks.submit(account.id, account.upload(content), [{"op": "dedup"}]).id


def find(task_id: str) -> Task:
    with transaction() as session:
        task = session.get(Task, task_id)
    assert task is not None
    return task


def stored() -> list[Path]:
    return sorted(path for path in runtime().storage.root.rglob("*") if path.is_file())


def results(account: Account) -> int:
    with transaction() as session:
        count = session.scalar(select(func.count()).where(File.user_id == account.id, File.kind == "result"))
    return int(count or 0)


def test_a_second_delivery_changes_nothing(app: Flask, account: Account) -> None:
    with app.app_context():
        task_id = submit(account)
        handlers.run(task_id)
        first = find(task_id)
        assert (first.status, first.attempt) == ("succeeded", 1)
        assert first.receipt
        handlers.run(task_id)
        assert find(task_id).finished_at == first.finished_at
        assert results(account) == 1


def test_of_many_claims_one_wins(app: Flask, account: Account) -> None:
    def claim(task_id: str) -> bool:
        with app.app_context():
            return leases.claim(task_id, "here") is not None

    with app.app_context():
        task_id = submit(account)
    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(claim, [task_id] * 6)) == [False] * 5 + [True]


def test_a_worker_that_lost_its_task_commits_nothing(app: Flask, account: Account) -> None:
    with app.app_context():
        task_id = submit(account)
        claimed = leases.claim(task_id, "here")
        assert claimed
        with transaction() as session:  # what a reaper does: the attempt is given up, another one begins
            session.execute(update(Task).where(Task.id == task_id).values(status=Status.QUEUED))
        assert leases.claim(task_id, "here")
        objects = stored()
        with pytest.raises(Cancelled):
            execution._execute(claimed, execution._Done())
        assert results(account) == 0
        assert stored() == objects
        assert not any(runtime().settings.workspace_dir.iterdir())
        assert find(task_id).status == "running"


def test_a_cancelled_task_is_told_at_the_next_note(app: Flask, account: Account) -> None:
    with app.app_context():
        claimed = leases.claim(submit(account), "here")
        assert claimed
        task = claimed.task
        assert task is not None
        leases.note(task, {"rows_in": 1})
        with transaction() as session:
            session.execute(update(Task).where(Task.id == task.id).values(cancel_requested=True))
        with pytest.raises(Cancelled):
            leases.note(task, {"rows_in": 2})


def test_a_job_without_a_task_is_left_alone(app: Flask) -> None:
    with app.app_context():
        execution.run("no-such-task", "here", STOPPED)


def test_a_task_fails_whatever_its_reason_quotes(app: Flask, account: Account) -> None:
    """A name of 100,000 characters, and half of a character: no server stores either in a column of text."""
    with app.app_context():
        claimed = leases.claim(submit(account), "here")
        assert claimed
        task = claimed.task
        assert task is not None
        leases.finish(task, Status.FAILED, error_code="unknown_column", error_detail=f"\ud800 {'é' * 100_000}")
        failed = find(task.id)
        assert failed.status == "failed"
        assert failed.error_detail is not None
        assert failed.error_detail.startswith("? éé")
        assert len(failed.error_detail) == 4000
