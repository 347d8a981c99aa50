"""The application on both kinds of database, with a real queue and a real forking worker."""

from __future__ import annotations

import io
import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import URL
from werkzeug.test import TestResponse

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import db, transaction
from csvapi.models import Action, User, now
from csvapi.services import audit, tokens
from tests.programs import program
from tests.servers import create_database
from tests.waiting import until

PASSWORD = "correct horse battery"
SECRETS = {
    "CSVAPI_SECRET_KEY": "vT4mQ9xLr2YbW7nKc5HdPz8JgS3uFaE6",
    "CSVAPI_JWT_KEY": "Gk7RwX2sNq9UeM4tBv6ZyCj3LpD8hAo5",
}


class ClosingClient(FlaskClient):
    """Reads every answer to its end and closes it, as a server does, unless a test says `buffered=False`.

    Else the file of a download stays open until it is collected, and that is a warning in whatever test runs then.
    """

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        if not (buffered and has_app_context()):
            return super().open(*args, buffered=buffered, **kwargs)
        with self.application.app_context():  # of its own, as every request has: a test's would keep who is signed in
            return super().open(*args, buffered=buffered, **kwargs)


Flask.test_client_class = ClosingClient


def environment(database_url: str, redis_url: str, data_dir: Path, **more: str) -> dict[str, str]:
    return {
        **SECRETS,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CSVAPI_DATA_DIR": str(data_dir),
        "CSVAPI_RATE_LIMITS": "off",
        **more,
    }


@cache
def _tables() -> bytes:
    """A new SQLite database as the migrations leave it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "db"
        with create_app(config.load(environment(f"sqlite:///{path}", "redis://localhost", path.parent))).app_context():
            upgrade()
            db.engine.dispose()
        return path.read_bytes()


def migrated(path: Path) -> str:
    """The URL of a new SQLite database there: a copy, since sixteen migrations take longer than most tests."""
    path.write_bytes(_tables())
    return f"sqlite:///{path}"


@pytest.fixture(scope="session", params=["sqlite", "mariadb"])
def environ(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> dict[str, str]:
    """The environment of a stack of its own, its database migrated."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'csvapi.db'}"
    else:
        server: URL = request.getfixturevalue("mariadb")
        url = create_database(server, f"api_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}")
    return environment(url, redis_url, folder / "data")


@pytest.fixture(scope="session")
def app(environ: dict[str, str]) -> Flask:
    app = create_app(config.load(environ))
    with app.app_context():
        upgrade()
    return app


@pytest.fixture(scope="session")
def worker(app: Flask, environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A real worker process on the application's queue."""
    log = tmp_path_factory.mktemp("worker") / "log"
    with program("worker", environ, log) as process:
        yield
        process.terminate()
        assert process.wait(20) in {0, -signal.SIGTERM}, log.read_text()  # the latter when it had not begun yet
        assert "Traceback" not in log.read_text()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@dataclass
class Account:
    """Somebody who is registered and logged in, with the calls a client makes."""

    client: FlaskClient
    id: int
    email: str
    access: str
    refresh: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.post(path, headers=self.headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, headers=self.headers, **kwargs)

    def upload(self, content: bytes, name: str = "people.csv") -> int:
        answer = self.post("/api/upload-csv/", data={"file": (io.BytesIO(content), name)})
        assert answer.status_code == 201, answer.text
        return int(answer.json["file_id"])

    def start(self, file_id: int, operation: str, **body: Any) -> str:
        answer = self.post("/api/perform-operation/", json={"file_id": file_id, "operation": operation, **body})
        assert answer.status_code == 201, answer.text
        return str(answer.json["task_id"])

    def status(self, task_id: str, n: int = 100) -> dict[str, Any]:
        answer = self.get(f"/api/task-status/?task_id={task_id}&n={n}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def finished(self, task_id: str, n: int = 100) -> dict[str, Any]:
        """The task's state once it is final."""
        final = until(lambda: (s := self.status(task_id, n))["status"] not in {"PENDING", "PROGRESS"} and s)
        assert isinstance(final, dict)
        return final

    def result(self, content: bytes, operation: str, **body: Any) -> bytes:
        """Upload, operate, wait, download."""
        state = self.finished(self.start(self.upload(content), operation, **body))
        assert state["status"] == "SUCCESS", state
        return self.download(state["result"]["file_link"]).data

    def download(self, link: str, **headers: str) -> TestResponse:
        """What a plain browser gets: no token."""
        return self.client.get(link, headers=headers)


@cache
def _password_hash() -> str:
    """Of the lowest cost: a hash names its own, and whoever signs in hundreds of times need not pay csvapi's."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def sign_up(client: FlaskClient, email: str = "") -> Account:
    """Somebody new, as registering and logging in leave them, but for two hashes of a password, which are slow on
    purpose: tests/api/test_auth.py has the requests."""
    email = email or f"{uuid4().hex}@example.com"
    with client.application.app_context(), transaction() as session:
        user = User(email=email, password_hash=_password_hash(), last_login_at=now())
        session.add(user)
        session.flush()
        audit.add(session, Action.REGISTERED, user.id)
        given = tokens.issue(session, user)
        audit.add(session, Action.LOGIN, user.id)
        return Account(client, user.id, email, given.access, given.refresh)


def register(client: FlaskClient) -> Account:
    """The same by the requests themselves."""
    email = f"{uuid4().hex}@example.com"
    body = {"email": email, "password": PASSWORD, "confirm_password": PASSWORD}
    registered = client.post("/api/register/", json=body)
    assert registered.status_code == 201, registered.text
    given = client.post("/api/login/", json=body).json
    return Account(client, registered.json["user_id"], email, given["access_token"], given["refresh_token"])


@pytest.fixture
def account(client: FlaskClient) -> Account:
    return sign_up(client)


@pytest.fixture
def other(client: FlaskClient) -> Account:
    return sign_up(client)
