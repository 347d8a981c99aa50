"""What has expired goes, row and object; what is in use stays."""

from __future__ import annotations

import gzip
from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import runtime, transaction
from csvapi.models import File, RefreshFamily, Task, now
from csvapi.services import files, retention
from tests.stack import Account


def expire(model: type[File] | type[Task] | type[RefreshFamily], **which: object) -> None:
    with transaction() as session:
        session.execute(update(model).filter_by(**which).values(expires_at=now() - timedelta(seconds=1)))


def test_an_expired_file_is_gone_and_its_object_too(app: Flask, account: Account) -> None:
    kept, gone = account.upload(b"a\n1\n"), account.upload(b"a\n2\n")
    with app.app_context():
        path = runtime().storage.path(files.find(account.id, gone).storage_key)
        expire(File, id=gone)
        answer = account.post("/api/perform-operation/", json={"file_id": gone, "operation": "dedup"})
        assert answer.json == {"error": "File not found or access denied"}
        assert path.exists()
        assert retention.delete_expired() >= 1
        assert not path.exists()
        assert runtime().storage.path(files.find(account.id, kept).storage_key).exists()


def test_a_file_in_use_stays_until_the_task_is_over(app: Flask, account: Account, request: object) -> None:
    file_id = account.upload(b"a\n1\n")
    with app.app_context():
        path = runtime().storage.path(files.find(account.id, file_id).storage_key)
        with transaction() as session:
            task = Task(id=f"in-use-{file_id}", user_id=account.id, file_id=file_id, steps=[], expires_at=now())
            session.add(task)
        expire(File, id=file_id)
        retention.delete_expired()
        assert path.exists()
        with transaction() as session:
            session.execute(update(Task).where(Task.id == task.id).values(status="cancelled"))
        retention.delete_expired()
        assert not path.exists()


def test_expired_tasks_and_sign_ins_go(app: Flask, account: Account) -> None:
    with app.app_context():
        with transaction() as session:
            session.add(Task(id=f"old-{account.id}", user_id=account.id, status="failed", steps=[], expires_at=now()))
        expire(RefreshFamily, user_id=account.id)
        assert retention.delete_expired() >= 2
        with transaction() as session:
            assert session.get(Task, f"old-{account.id}") is None
            assert session.query(RefreshFamily).filter_by(user_id=account.id).count() == 0


def test_of_too_many_tasks_the_oldest_finished_ones_go(app: Flask, account: Account, environ: dict[str, str]) -> None:
    """Their results stay until they expire; the reasons, which nobody can list, go with their task."""
    result, reasons = account.upload(b"a\n1\n"), account.upload(b"a\n2\n")

    def task(name: str, age: int, status: str, **values: object) -> Task:
        at = now() - timedelta(minutes=age)
        common = {
            "user_id": account.id,
            "steps": [],
            "created_at": at,
            "finished_at": at if status != "queued" else None,
        }
        return Task(id=f"{name}-{account.id}", status=status, expires_at=now() + timedelta(days=1), **common, **values)

    with app.app_context(), transaction() as session:
        session.add(task("waiting", 9, "queued"))
        session.add(task("first", 8, "succeeded", result_file_id=result, reasons_file_id=reasons))
        session.add_all([task("second", 7, "failed"), task("third", 6, "cancelled"), task("fourth", 5, "succeeded")])
    with create_app(config.load({**environ, "CSVAPI_MAX_KEPT_TASKS": "3"}), serves=False).app_context():
        retention.delete_expired()
        with transaction() as session:
            left = session.scalars(select(Task.id).where(Task.user_id == account.id).order_by(Task.created_at)).all()
            files_left = session.scalars(select(File.id).where(File.user_id == account.id)).all()
    assert left == [f"{name}-{account.id}" for name in ("waiting", "third", "fourth")]
    assert files_left == [result]


def test_an_original_goes_with_what_was_read_of_it(app: Flask, account: Account) -> None:
    packed = gzip.compress(b"a\n1\n")
    answer = account.post("/api/v1/files?name=a.csv.gz", data=packed, content_type="application/gzip")
    assert answer.status_code == 201, answer.text
    with app.app_context():
        with transaction() as session:
            keys = session.scalars(select(File.storage_key).where(File.user_id == account.id)).all()
        assert all(map(runtime().storage.has, keys))
        expire(File, user_id=account.id)
        assert retention.delete_expired() >= 2
        assert not any(map(runtime().storage.has, keys))
        with transaction() as session:
            assert session.scalars(select(File.id).where(File.user_id == account.id)).all() == []
