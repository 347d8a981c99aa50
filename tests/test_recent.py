"""Who is signed in is remembered for a moment, and forgotten by every process as soon as access changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from csvapi.extensions import runtime
from csvapi.models import RefreshFamily, User
from csvapi.queue.enqueue import connect_briefly
from csvapi.recent import LIFE, RecentAccess
from csvapi.services import administration
from csvapi.services.task_events import hub
from tests.api.v1 import V1
from tests.servers import private_valkey
from tests.stack import PASSWORD, Account
from tests.start.running import started
from tests.waiting import until

NEW = "tidal violin quarry"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with private_valkey() as url:
        yield url


@pytest.fixture
def recent(url: str) -> RecentAccess:
    found = RecentAccess(connect_briefly(url), Clock())
    found.listening = True
    return found


def looks(found: Any, seen: list[Any]) -> Callable[[], Any]:
    def look() -> Any:
        seen.append(found)
        return found

    return look


def test_what_was_found_is_remembered_for_so_long(recent: RecentAccess) -> None:
    seen: list[str] = []
    look = looks("ada", seen)
    assert [recent.find(("ada",), look) for _ in range(3)] == ["ada"] * 3
    assert len(seen) == 1
    assert recent.find(("bob",), look) == "ada", "another key is looked up"
    recent._clock.now += LIFE  # type: ignore[attr-defined]
    recent.find(("ada",), look)
    assert len(seen) == 3


def test_nobody_is_remembered_who_was_not_found_or_while_nobody_listens(recent: RecentAccess) -> None:
    seen: list[None] = []
    for _ in range(2):
        assert recent.find("nobody", looks(None, seen)) is None
    recent.listening = False
    for _ in range(2):
        recent.find("ada", looks("ada", seen))
    assert len(seen) == 4


def test_what_was_found_while_access_changed_is_not_remembered(recent: RecentAccess) -> None:
    def look() -> str:
        recent.announce()  # a logout that commits after the row was read
        return "ada"

    seen: list[str] = []
    recent.find("ada", look)
    recent.find("ada", looks("ada", seen))
    assert seen == ["ada"]


def test_with_redis_away_this_process_still_forgets() -> None:
    recent, seen = RecentAccess(connect_briefly("redis://127.0.0.1:1")), list[str]()
    recent.listening = True
    recent.find("ada", looks("ada", seen))
    recent.announce()
    recent.find("ada", looks("ada", seen))
    assert len(seen) == 2


@pytest.fixture
def listening(app: Flask) -> Iterator[RecentAccess]:
    """The application's own, which listens."""
    with app.app_context():
        hub().start()
        found = runtime().recent
        until(lambda: found.listening)
        yield found


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """The statements that read who is signed in."""
    seen: list[str] = []

    def note(state: ORMExecuteState) -> None:
        if state.is_select and {User, RefreshFamily} <= {
            each["entity"] for each in state.statement.column_descriptions
        }:  # type: ignore[attr-defined]
            seen.append(str(state.statement))

    event.listen(Session, "do_orm_execute", note)
    yield seen
    event.remove(Session, "do_orm_execute", note)


@pytest.mark.usefixtures("worker")
def test_a_job_asks_the_database_once_who_sends_it(listening: RecentAccess, account: Account, asked: list[str]) -> None:
    """Counting a user's files and tasks updates the account's row, but not what it may do."""
    listening.forget()
    began, changes = time.monotonic(), listening._changes
    account.finished(account.start(account.upload(b"k\n1\n1\n"), "dedup"))
    told = listening._changes - changes  # of the login before, as late as its message came
    assert 1 <= len(asked) <= 1 + told + (time.monotonic() - began) / LIFE


def log_out(account: Account) -> None:
    assert account.post("/api/logout/").status_code == 200


def change_password_elsewhere(account: Account) -> None:
    login = {"email": account.email, "password": PASSWORD}
    access = account.client.post("/api/login/", json=login).json["access_token"]
    body = {"current_password": PASSWORD, "new_password": NEW}
    headers = {"Authorization": f"Bearer {access}"}
    assert account.client.post("/api/v1/me/password", json=body, headers=headers).status_code == 204


def end_all_sessions(account: Account) -> None:
    for session in V1(account).ok("GET", "/me/sessions")["items"]:
        V1(account).call("DELETE", f"/me/sessions/{session['id']}")


def leave(account: Account) -> None:
    assert V1(account).post("/me/delete", json={"password": PASSWORD}).status_code == 204


def deactivate(account: Account) -> None:
    administration.change_user(account.id, is_active=False, is_admin=False, max_stored=None)


def relied_on_the_one_before(account: Account, asked: list[str]) -> bool:
    """Whether the second of two requests did; not if the word of an earlier change, or of a login, came in between."""
    before = len(asked)
    for _ in range(2):
        assert account.get("/api/v1/files").status_code == 200
    return len(asked) <= before + 1


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize("change", [log_out, change_password_elsewhere, end_all_sessions, leave, deactivate])
def test_access_ends_with_the_change(account: Account, asked: list[str], change: Callable[[Account], None]) -> None:
    until(lambda: relied_on_the_one_before(account, asked))
    change(account)
    assert account.get("/api/v1/files").status_code == 401


@pytest.mark.usefixtures("listening")
def test_a_key_ends_with_its_deletion(account: Account) -> None:
    key = V1(account).ok("POST", "/api-keys", json={"name": "robot"})
    headers = {"X-API-Key": key["secret"]}
    for _ in range(2):
        assert account.client.get("/api/v1/files", headers=headers).status_code == 200
    assert V1(account).call("DELETE", f"/api-keys/{key['id']}").status_code == 204
    assert account.client.get("/api/v1/files", headers=headers).status_code == 401


def test_all_processes_forget(tmp_path: Path) -> None:
    """Every request comes over a new connection, which either of two processes takes."""
    with started(tmp_path, CSVAPI_WEB_WORKERS="2", CSVAPI_RATE_LIMITS="off") as running:
        body = {"email": "ada@example.com", "password": PASSWORD}
        httpx.post(f"{running.url}/api/register/", json={**body, "confirm_password": PASSWORD})
        tokens = httpx.post(f"{running.url}/api/login/", json=body).json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}

        def status(_: int = 0) -> int:
            return httpx.get(f"{running.url}/api/v1/files", headers=headers).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(status, range(32))) == {200}
            assert httpx.post(f"{running.url}/api/logout/", headers=headers).status_code == 200
            until(lambda: set(pool.map(status, range(16))) == {401}, within=LIFE)
            assert set(pool.map(status, range(32))) == {401}
