"""What a user may have is never exceeded, and nobody waits behind another user's thousand tasks."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from csvapi.errors import CsvapiError, InvalidInput, NotFound
from csvapi.extensions import runtime, transaction
from csvapi.models import Status, Task, now
from csvapi.queue.enqueue import SMALL
from csvapi.services import dispatch, files, leases, quotas, retention, tasks, user_files
from tests.services.alone import alone, ann, application, bob, change, environ, row, run, stored, submit, written
from tests.services.test_disks import MIB, disk, moved
from tests.stack import Account
from tests.waiting import until

__all__ = ["alone", "ann", "bob", "environ"]


def work_through_the_queue() -> list[str]:
    """Run everything in the queue's order; the ids, as they came."""
    done = []
    while job_ids := runtime().jobs.queues[SMALL].job_ids:
        runtime().jobs.withdraw(job_ids[0])
        run(job_ids[0])
        done.append(job_ids[0])
    return done


def test_a_thousand_tasks_do_not_block_another_users_first(alone: Flask, ann: Account, bob: Account) -> None:
    file_id = ann.upload(b"a\n1\n1\n")
    at = now()
    many = [
        {"id": f"ann-{n:04}", "user_id": ann.id, "file_id": file_id, "steps": [{"op": "dedup"}], "created_at": at}
        for n in range(1000)
    ]
    with transaction() as session:
        session.execute(insert(Task), [{**each, "expires_at": at + timedelta(days=1)} for each in many])
    dispatch.dispatch_all()
    first = submit(bob)
    assert len(runtime().jobs.waiting()) == runtime().settings.max_running + 1
    with pytest.raises(CsvapiError, match="queued tasks, the most"):
        submit(ann, file_id=file_id)
    with transaction() as session:  # ten of them are enough to see the order
        session.query(Task).filter(Task.id >= "ann-0010", Task.user_id == ann.id).delete()
    done = work_through_the_queue()
    assert done.index(first) == runtime().settings.max_running
    assert [each for each in done if each != first] == [f"ann-{n:04}" for n in range(10)]


def test_no_user_has_more_tasks_on_the_queue_than_turns(alone: Flask, ann: Account) -> None:
    file_id = ann.upload(b"a\n1\n")
    ids = [submit(ann, file_id=file_id) for _ in range(5)]
    assert runtime().jobs.waiting() == set(ids[:3])
    tasks.cancel(ann.id, ids[0])
    assert runtime().jobs.waiting() == set(ids[1:4])
    assert sorted(work_through_the_queue()) == sorted(ids[1:])


def race(app: Flask, calls: int, action: Callable[[], object]) -> list[str]:
    """The same at the same time: the outcomes, a code or nothing."""

    def one(_: int) -> str:
        with app.app_context():
            try:
                action()
            except CsvapiError as error:
                return error.code
            return ""

    with ThreadPoolExecutor(calls) as pool:
        return sorted(pool.map(one, range(calls)))


def test_racing_requests_do_not_exceed_the_queue_quota(environ: dict[str, str], alone: Flask, ann: Account) -> None:
    file_id = ann.upload(b"a\n1\n")
    with application(environ, CSVAPI_MAX_QUEUED_TASKS="4") as app:
        outcomes = race(app, 10, lambda: submit(ann, file_id=file_id))
    assert outcomes == [""] * 4 + ["quota_exceeded"] * 6


def test_racing_uploads_do_not_exceed_the_storage_quota(environ: dict[str, str], alone: Flask, ann: Account) -> None:
    def upload() -> None:
        with files.begin(ann.id) as writer:
            writer.write(b"a\n" + b"1\n" * 500)
            files.receive(ann.id, "a.csv", writer)

    before = written()
    with application(environ, CSVAPI_MAX_STORED="3KiB") as app:
        outcomes = race(app, 6, upload)
    assert outcomes == [""] * 3 + ["quota_exceeded"] * 3
    assert len(written()) - len(before) == 3


def test_an_upload_beyond_the_room_left_names_the_room(environ: dict[str, str], alone: Flask, ann: Account) -> None:
    before = written()
    with application(environ, CSVAPI_MAX_STORED="1KiB") as app:
        client = app.test_client()
        file = io.BytesIO(b"a\n" + b"1\n" * 1000)
        form = client.post("/api/upload-csv/", headers=ann.headers, data={"file": (file, "a.csv")})
        raw = client.post(
            "/api/v1/files", headers={**ann.headers, "Content-Type": "text/csv"}, data=b"a\n" + b"1\n" * 1000
        )
    for answer in (form, raw):
        assert answer.status_code == 429
        assert "1024 bytes you have left" in answer.text
    assert written() == before


def test_a_result_over_the_quota_fails_its_task(environ: dict[str, str], alone: Flask, ann: Account) -> None:
    content = b"a\n" + b"".join(b"%d\n" % n for n in range(300))
    task_id = submit(ann, content)
    before = written()
    with application(environ, CSVAPI_MAX_STORED="2KiB"):
        run(task_id)
    assert (row(task_id).status, row(task_id).error_code) == ("failed", "quota_exceeded")
    assert written() == before


def test_a_task_stops_writing_at_the_room_left(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    """Half a megabyte becomes 400 as JSON; on a disk that has room for four, the quota ends it first."""
    with disk(tmp_path / "disk", 4 * MIB) as folder, moved(environ, folder, CSVAPI_MAX_STORED="1MiB") as app:
        ann.client = app.test_client()
        file_id = stored(ann, b"k," + b"n" * 500_000 + b"\n" + b"a,1\n" * 800)
        before = written()
        task_id = tasks.submit(ann.id, file_id, [{"op": "convert", "format": "ndjson"}]).id
        run(task_id)
        assert (row(task_id).status, row(task_id).error_code) == ("failed", "quota_exceeded")
        assert "bytes that you may still store" in str(row(task_id).error_detail)
        assert written() == before


def test_a_result_and_what_was_dropped_count_as_files(environ: dict[str, str], alone: Flask, ann: Account) -> None:
    task_id = submit(ann)
    change(task_id, options={"explain": True})
    with application(environ, CSVAPI_MAX_FILES="3"):
        run(task_id)
    assert (row(task_id).status, row(task_id).error_code) == ("failed", "quota_exceeded")


def test_a_file_is_kept_for_longer_up_to_the_limit(alone: Flask, ann: Account, bob: Account) -> None:
    file_id, most = ann.upload(b"a\n1\n"), timedelta(seconds=runtime().settings.max_retention)
    wanted = now() + most - timedelta(seconds=5)
    user_files.change(ann.id, file_id, expires_at=wanted)
    assert files.find(ann.id, file_id).expires_at == wanted
    for wrong in (now() + most + timedelta(minutes=1), now(), wanted.replace(tzinfo=None)):
        with pytest.raises(InvalidInput):
            user_files.change(ann.id, file_id, expires_at=wrong)
    with pytest.raises(NotFound):
        user_files.change(bob.id, file_id, expires_at=wanted)
    assert retention.delete_expired() == 0


def test_the_end_of_a_task_and_another_request_do_not_wait_for_each_other(alone: Flask, ann: Account) -> None:
    """Both lock the user. A task's new status alone makes a server share the user's row, so that is too late."""
    claimed = leases.claim(submit(ann), "a worker")
    assert claimed
    task = claimed.task
    assert task

    def lock() -> None:
        with alone.app_context(), transaction() as session:
            quotas.lock(session, ann.id)

    with ThreadPoolExecutor(1) as pool:
        requests = []

        def count(session: Session) -> dict[str, object]:
            requests.append(pool.submit(lock))
            if session.get_bind().dialect.name != "sqlite":  # which cannot say who waits, and has one lock for all
                until(lambda: session.scalar(text(_WAITING)))
            quotas.lock(session, ann.id)
            return {"label": "counted"}

        leases.finish(task, Status.SUCCEEDED, also=count)
        requests[0].result()
    assert row(task.id).label == "counted"


_WAITING = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'UPDATE users%'"
