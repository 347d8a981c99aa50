"""What has expired goes, row and object; what is in use stays."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import update

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
