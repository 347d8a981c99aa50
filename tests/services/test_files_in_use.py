"""One rule of "in use": whatever a task that has not ended is to read stays, for everybody, until it has read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from csvapi.errors import InUse
from csvapi.extensions import runtime, transaction
from csvapi.models import File, now
from csvapi.services import administration, files, redetection, retention, tasks, user_files
from tests.services.alone import alone, ann, change, environ, row, run
from tests.stack import Account

__all__ = ["alone", "ann", "environ"]
STEPS: dict[str, Callable[[int, int], list[dict[str, Any]]]] = {
    "concat": lambda one, two: [{"op": "concat", "files": [one, two]}],
    "join": lambda one, two: [
        {"op": "join", "file": one, "on": ["id"], "how": "left"},
        {"op": "join", "file": two, "on": ["id"], "how": "left"},
    ],
    "later": lambda one, two: [{"op": "dedup"}, {"op": "concat", "files": [two, one]}],
}


def expire(ids: list[int]) -> None:
    with transaction() as session:
        session.execute(update(File).where(File.id.in_(ids)).values(expires_at=now() - timedelta(seconds=1)))


def stored(ids: list[int]) -> list[bool]:
    """Whether each file's row and object are there."""
    with transaction() as session:
        rows = [session.get(File, file_id) for file_id in ids]
    return [file is not None and runtime().storage.has(file.storage_key) for file in rows]


@pytest.mark.parametrize("steps", STEPS)
def test_what_a_task_reads_stays_until_it_ends_and_is_read_though_it_expired(
    alone: Flask, ann: Account, steps: str
) -> None:
    used = [ann.upload(b"id,a%d\n%d,x\n" % (n if steps == "join" else 1, n)) for n in range(3)]
    unused = ann.upload(b"id\n1\n")
    task = tasks.submit(ann.id, used[0], STEPS[steps](*used[1:]))
    for file_id in used:
        for attempt in (user_files.delete, redetection.again):
            with pytest.raises(InUse, match=task.id):
                attempt(ann.id, file_id)
        with pytest.raises(InUse, match=task.id):
            administration.delete_file(file_id)
    expire([*used, unused])
    retention.delete_expired()
    assert stored([*used, unused]) == [True, True, True, False]
    run(task.id)
    assert (row(task.id).status, row(task.id).error_detail) == ("succeeded", None)
    retention.delete_expired()
    assert stored(used) == [False, False, False]


def test_steps_that_this_version_refuses_hold_up_nobody(alone: Flask, ann: Account) -> None:
    """They name no file, for no task will run them; the clean-up goes on."""
    kept, gone = ann.upload(b"a\n1\n"), ann.upload(b"a\n1\n")
    task = tasks.submit(ann.id, kept, [{"op": "dedup"}])
    change(task.id, steps=[{"op": "of another time"}])
    expire([kept, gone])
    retention.delete_expired()
    assert stored([kept, gone]) == [True, False]


def test_an_expired_file_is_there_for_its_task_alone(alone: Flask, ann: Account) -> None:
    file_id = ann.upload(b"a\n1\n")
    tasks.submit(ann.id, file_id, [{"op": "dedup"}])
    expire([file_id])
    assert ann.get(f"/api/v1/files/{file_id}").status_code == 404
    assert ann.post("/api/v1/tasks", json={"input": file_id, "steps": [{"op": "dedup"}]}).status_code == 404
    assert files.of_task(ann.id, file_id).id == file_id
