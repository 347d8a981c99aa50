"""What an account's owner does: sessions, a new password, leaving for good."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from csvapi.extensions import runtime, transaction
from csvapi.models import (
    ApiKey,
    AuditEntry,
    File,
    HashKey,
    Pipeline,
    RefreshFamily,
    SavedSchema,
    Task,
    Upload,
    UploadPart,
    User,
    Webhook,
    now,
)
from csvapi.services import account_deletion, administration, leases
from tests.api.v1 import V1, problem
from tests.stack import PASSWORD, Account

NEW = "tidal violin quarry"


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def log_in(account: Account, password: str = PASSWORD, agent: str = "") -> Any:
    body = {"email": account.email, "password": password}
    return account.client.post("/api/login/", json=body, headers={"User-Agent": agent})


def bearer(login: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {login.json['access_token']}"}


def actions(app: Flask, user_id: int) -> list[str]:
    with app.app_context(), transaction() as session:
        mine = select(AuditEntry.action).where(AuditEntry.user_id == user_id)
        return list(session.scalars(mine.order_by(AuditEntry.id)))


def test_sessions_are_shown_without_an_address_and_end_one_by_one(v1: V1, other: Account) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    second = log_in(v1.account, agent=firefox)
    third = log_in(v1.account, agent="curl/8.5")
    items = v1.ok("GET", "/me/sessions")["items"]
    assert {item["agent"] for item in items[:2]} == {"Firefox on Linux", "curl"}
    assert [item["current"] for item in items].count(True) == 1
    assert "127.0.0.1" not in str(items)
    now_ = datetime.now(UTC)
    assert all(datetime.fromisoformat(item["last_used_at"]) <= now_ for item in items)
    firefox_id = next(item["id"] for item in items if item["agent"] == "Firefox on Linux")
    problem(V1(other).call("DELETE", f"/me/sessions/{firefox_id}"), 404, "not_found")
    problem(v1.call("DELETE", f"/me/sessions/{uuid4()}"), 404, "not_found")
    assert v1.call("DELETE", f"/me/sessions/{firefox_id}").status_code == 204
    client = v1.account.client
    assert client.get("/api/v1/me", headers=bearer(second)).status_code == 401
    assert client.post("/api/token/refresh/", json={"refresh": second.json["refresh_token"]}).status_code == 401
    assert client.get("/api/v1/me", headers=bearer(third)).status_code == 200
    assert v1.call("DELETE", "/me/sessions").status_code == 204
    assert client.get("/api/v1/me", headers=bearer(third)).status_code == 401
    assert [item["current"] for item in v1.ok("GET", "/me/sessions")["items"]] == [True]


@pytest.mark.parametrize("end_keys", [False, True])
def test_a_new_password_ends_the_other_sessions_and_the_keys_if_asked(v1: V1, app: Flask, end_keys: bool) -> None:
    second = log_in(v1.account)
    key = {"X-API-Key": v1.ok("POST", "/api-keys", json={"name": "x"})["secret"]}
    body = {"current_password": PASSWORD, "new_password": NEW, "end_keys": end_keys}
    problem(v1.post("/me/password", json={**body, "current_password": "x"}), 422, "invalid_input", "/current_password")
    problem(v1.post("/me/password", json={**body, "new_password": "12345678"}), 422, "invalid_input", "/new_password")
    assert v1.post("/me/password", json=body).status_code == 204
    client = v1.account.client
    assert v1.get("/me").status_code == 200, "the session that did it stays"
    assert client.get("/api/v1/me", headers=bearer(second)).status_code == 401
    assert client.get("/api/v1/me", headers=key).status_code == (401 if end_keys else 200)
    assert log_in(v1.account).status_code == 401
    assert log_in(v1.account, NEW).status_code == 200
    written = ["registered", "login", "login", "key_made", "login_failed", "password_changed", "login_failed", "login"]
    assert actions(app, v1.account.id) == written


def test_keys_end_with_a_reset_and_do_not_come_back_with_a_reactivation(v1: V1, app: Flask) -> None:
    client, user_id = v1.account.client, v1.account.id

    def change(**values: Any) -> None:
        with app.app_context():
            administration.change_user(user_id, **{"is_active": True, "is_admin": False, "max_stored": None, **values})

    key = {"X-API-Key": v1.ok("POST", "/api-keys", json={"name": "x"})["secret"]}
    change(password=NEW)
    assert client.get("/api/v1/me", headers=key).status_code == 401
    headers = bearer(log_in(v1.account, NEW))
    key = {"X-API-Key": client.post("/api/v1/api-keys", json={"name": "y"}, headers=headers).json["secret"]}
    assert client.get("/api/v1/me", headers=key).status_code == 200
    change(is_active=False)
    change(is_active=True)
    assert client.get("/api/v1/me", headers=key).status_code == 401
    assert client.get("/api/v1/me", headers=headers).status_code == 401
    assert log_in(v1.account, NEW).status_code == 200


def rows(app: Flask, user_id: int) -> dict[str, int]:
    with app.app_context(), transaction() as session:
        owned = (File, Task, ApiKey, HashKey, Webhook, RefreshFamily, Pipeline, SavedSchema, Upload)
        counts = {each.__name__: select(func.count()).where(each.user_id == user_id) for each in owned}
        counts["User"] = select(func.count()).where(User.id == user_id)
        return {name: session.scalar(query) or 0 for name, query in counts.items()}


def furnished(v1: V1) -> str:
    """Give the account one of everything, with a task that runs; returns the task's id."""
    file_id = v1.upload(b"a\n1\n1\n")["id"]
    v1.ok("POST", "/api-keys", json={"name": "x"})
    v1.ok("POST", "/hash-keys", json={"name": "x"})
    v1.ok("POST", "/webhooks", json={"url": "https://example.com/hook"})
    part = {"data": b"a", "content_type": "application/offset+octet-stream"}
    v1.ok("POST", "/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "9"}, **part)
    v1.ok("POST", "/pipelines", json={"name": "x", "steps": [{"op": "dedup"}]})
    v1.ok("POST", "/schemas", json={"name": "x", "schema": {"fields": [{"name": "a"}]}})
    return str(v1.submit(file_id, {"op": "dedup"})["id"])


def test_leaving_deletes_everything_and_leaves_a_number_in_the_audit_log(v1: V1, app: Flask, other: Account) -> None:
    file_id = other.upload(b"a\n1\n")
    task_id = furnished(v1)
    problem(v1.post("/me/delete", json={"password": "x"}), 422, "invalid_input", "/password")
    with app.app_context():
        claimed = leases.claim(task_id, "a worker")
        with transaction() as session:
            key = session.scalar(select(File.storage_key).where(File.user_id == v1.account.id))
            of_upload = select(Upload.id).where(Upload.user_id == v1.account.id)
            part = session.scalar(select(UploadPart.storage_key).where(UploadPart.upload_id.in_(of_upload)))
        assert runtime().storage.has(str(part))
        assert v1.post("/me/delete", json={"password": PASSWORD}).status_code == 204
        assert rows(app, v1.account.id) == dict.fromkeys(rows(app, v1.account.id), 0)
        assert not runtime().storage.has(str(key))
        assert not runtime().storage.has(str(part))
        if claimed is not None:  # a worker of another test may have been quicker
            with pytest.raises(Exception, match="cancelled"):
                leases.note(claimed.task, {})
    assert v1.get("/me").status_code == 401
    assert log_in(v1.account).status_code == 401
    assert actions(app, v1.account.id)[-1] == "account_deleted"
    with app.app_context(), transaction() as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.user_id == v1.account.id)).all()
        assert v1.account.email not in str([vars(line) for line in lines])
    assert V1(other).get(f"/files/{file_id}").status_code == 200, "nobody else's is touched"


def test_a_deletion_that_was_cut_off_is_finished_later(v1: V1, app: Flask) -> None:
    furnished(v1)
    with app.app_context():
        with transaction() as session:
            user = session.get_one(User, v1.account.id)
            user.is_active, user.deletion_at = False, now()
        assert account_deletion.finish_all() >= 1
    assert rows(app, v1.account.id) == dict.fromkeys(rows(app, v1.account.id), 0)


def test_an_upload_of_an_account_that_is_deleted_meanwhile_is_refused(v1: V1, app: Flask) -> None:
    from csvapi.errors import NotFound
    from csvapi.services import files

    with app.app_context():
        with files.begin(v1.account.id) as writer:
            writer.write(b"a\n1\n")
            account_deletion.finish(v1.account.id)
            with pytest.raises(NotFound):
                files.receive(v1.account.id, "late.csv", writer)
        assert rows(app, v1.account.id)["File"] == 0
