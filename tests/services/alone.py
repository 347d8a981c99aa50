"""A csvapi that no worker listens to: a database, a queue and a folder of its own, in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import delete, update

from csvapi import config
from csvapi.app import create_app
from csvapi.errors import TimedOut
from csvapi.extensions import db, runtime, transaction
from csvapi.models import Task
from csvapi.services import execution, files, tasks
from tests.servers import create_database, private_valkey
from tests.stack import Account, environment, migrated, sign_up

SETTINGS = {"CSVAPI_MAX_RUNNING_TASKS": "3", "CSVAPI_LEASE": "2s", "CSVAPI_MAX_ATTEMPTS": "2"}


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def environ(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("alone")
    if request.param == "sqlite":
        url = migrated(folder / "db")
    else:
        url = create_database(
            request.getfixturevalue("mariadb"), f"alone_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
        )
    with private_valkey() as queue:
        environ = environment(url, queue, folder / "data", **SETTINGS)
        with application(environ):
            upgrade()
        yield environ


@contextmanager
def application(environ: dict[str, str], **settings: str) -> Iterator[Flask]:
    """The application, with some settings of its own, and its context."""
    app = create_app(config.load({**environ, **settings}))
    with app.app_context():
        yield app
        for engine in db.engines.values():
            engine.dispose()


@lru_cache(maxsize=1)
def _common(*environ: tuple[str, str]) -> Flask:
    """The application of a module, of which the tests change rows and settings of their own alone."""
    return create_app(config.load(dict(environ)))


@pytest.fixture
def alone(environ: dict[str, str]) -> Iterator[Flask]:
    app = _common(*environ.items())
    with app.app_context():
        runtime().redis.flushdb()
        with transaction() as session:
            session.execute(delete(Task))
        yield app
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def ann(alone: Flask) -> Account:
    return sign_up(alone.test_client())


@pytest.fixture
def bob(alone: Flask) -> Account:
    return sign_up(alone.test_client())


def submit(account: Account, content: bytes = b"a\n1\n1\n", file_id: int = 0) -> str:
    return tasks.submit(account.id, file_id or account.upload(content), [{"op": "dedup"}]).id


def run(task_id: str) -> None:
    """What a worker does with a job."""
    execution.run(task_id, f"{os.getpid()}", stopped_by=(TimeoutError, TimedOut("too long")))


def stored(account: Account, content: bytes) -> int:
    """A file that may be large: the test client's forms keep theirs open."""
    with files.begin(account.id) as writer:
        writer.write(content)
        return files.receive(account.id, "stored.csv", writer).id


def row(task_id: str) -> Task:
    with transaction() as session:
        task = session.get(Task, task_id)
    assert task is not None
    return task


def change(task_id: str, **values: object) -> None:
    """What time, or somebody else, does to a row."""
    with transaction() as session:
        session.execute(update(Task).where(Task.id == task_id).values(**values))


def written() -> list[Path]:
    """Every file of the storage and the workspace."""
    folders = (runtime().storage.root, runtime().settings.workspace_dir)
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
