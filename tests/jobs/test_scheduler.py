"""The scheduler as a process, beside others of its kind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import update

from csvapi.extensions import runtime, transaction
from csvapi.jobs.scheduler import LOCK, tick
from csvapi.models import File, now
from csvapi.queue.enqueue import connect_briefly
from tests.stack import Account
from tests.waiting import until


def expired(account: Account) -> int:
    """A file whose time is over."""
    file_id = account.upload(b"a\n1\n")
    with transaction() as session:
        session.execute(update(File).where(File.id == file_id).values(expires_at=now() - timedelta(seconds=1)))
    return file_id


def is_there(file_id: int) -> bool:
    with transaction() as session:
        return session.get(File, file_id) is not None


def test_deletes_what_has_expired_and_stops_at_once(
    app: Flask, environ: dict[str, str], account: Account, tmp_path: Path
) -> None:
    with app.app_context(), (tmp_path / "log").open("wb") as log:
        file_id = expired(account)
        command = [sys.executable, "-m", "csvapi", "scheduler"]
        process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=log, stderr=log)
        try:
            until(lambda: not is_there(file_id))
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0, (tmp_path / "log").read_text()
        finally:
            process.kill()
            process.wait()


def test_one_at_a_time(app: Flask, account: Account) -> None:
    with app.app_context():
        file_id = expired(account)
        with runtime().redis.lock(LOCK, timeout=60):
            assert not tick(runtime().redis)
            assert is_there(file_id)
        assert tick(runtime().redis)
        assert not is_there(file_id)


def test_expired_files_go_also_while_the_queue_takes_nothing(app: Flask, account: Account) -> None:
    """As when its disk, which may be that of the files, is full."""
    with app.app_context(), connect_briefly("redis://127.0.0.1:9/0") as away:
        file_id = expired(account)
        assert tick(away)
        assert not is_there(file_id)
        assert not tick(away, clean_up=False)
