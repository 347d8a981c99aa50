"""The audit log: what is written, by whom it is read, that nothing changes it."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from csvapi.extensions import db, transaction
from csvapi.models import Action, AuditEntry, User, now
from csvapi.services import audit
from tests.services.alone import alone, ann, environ
from tests.stack import PASSWORD, Account, register
from tests.waiting import until
from tests.web.pages import Boss

NOBODY = 10**9  # beyond every account of these tests
__all__ = ["alone", "ann", "environ"]


def lines(user_id: int | None = None, action: Action | None = None) -> list[AuditEntry]:
    query = select(AuditEntry).order_by(AuditEntry.id)
    query = query.where(AuditEntry.user_id == user_id) if user_id else query
    with transaction() as session:
        return list(session.scalars(query.where(AuditEntry.action == action) if action else query))


def test_logins_keys_and_deletions_are_written_at_once(alone: Flask) -> None:
    ann = register(alone.test_client())
    ann.client.post("/api/login/", json={"email": ann.email, "password": "wrong"})
    key = ann.post("/api/v1/api-keys", json={"name": "x"}).json
    file_id = ann.upload(b"a\n1\n")
    ann.client.delete(f"/api/v1/files/{file_id}", headers=ann.headers)
    ann.client.delete(f"/api/v1/api-keys/{key['id']}", headers=ann.headers)
    ann.client.post("/api/token/refresh/", json={"refresh": ann.refresh})
    ann.client.post("/api/token/refresh/", json={"refresh": ann.refresh})
    found = [(line.action, line.target) for line in lines(ann.id)]
    family = found.pop()
    assert found == [
        ("registered", None),
        ("login", None),
        ("login_failed", None),
        ("key_made", f"key:{key['id']}"),
        ("file_deleted", f"file:{file_id}"),
        ("key_revoked", f"key:{key['id']}"),
    ]
    assert family[0] == "refresh_token_replayed"
    assert all(line.request_id for line in lines(ann.id))
    everything = json.dumps([[line.target, line.detail] for line in lines()])
    for secret in (ann.email, "127.0.0.1", key["secret"], "wrong", PASSWORD):
        assert secret not in everything


def test_downloads_are_written_within_a_second_with_the_key_or_the_link_they_came_by(
    alone: Flask, ann: Account
) -> None:
    file_id = ann.upload(b"a\n1\n")
    key = ann.post("/api/v1/api-keys", json={"name": "x", "scopes": ["read"]}).json
    path = f"/api/v1/files/{file_id}/content"
    etag = ann.get(path).headers["ETag"]
    ann.client.get(path, headers={"X-API-Key": key["secret"], "Range": "bytes=0-1"})
    ann.client.get(path, headers={**ann.headers, "If-None-Match": etag})  # 304: nothing goes out
    ann.client.head(path, headers=ann.headers)
    from csvapi.services import links

    ann.client.get(f"/api/download/{links.sign(file_id)}/")
    target = f"file:{file_id}"
    found = until(lambda: [line for line in lines(action=Action.DOWNLOAD) if line.target == target][2:] and lines())
    mine = [(line.user_id, line.detail) for line in found if line.target == target and line.action == "download"]
    assert mine == [(ann.id, None), (ann.id, {"key": key["id"]}), (None, {"link": True})]


def line(number: int) -> dict[str, Any]:
    return {"at": now(), "action": "download", "user_id": NOBODY + number, "target": "batch", "detail": None}


def test_what_cannot_be_written_waits_and_there_is_a_bound(alone: Flask) -> None:
    batch = audit.Pending(alone)
    batch._process = os.getpid()
    with transaction() as session:
        session.execute(text("ALTER TABLE audit_log RENAME TO audit_gone"))
    try:
        for number in range(audit.MOST + 5):
            batch.put(line(number))
            batch.put(line(number))
        batch.flush()
        batch.put(line(audit.MOST + 4))  # while the others wait
        batch.flush()
    finally:
        with transaction() as session:
            session.execute(text("ALTER TABLE audit_gone RENAME TO audit_log"))
    batch.flush()
    written = [(line.user_id, line.detail) for line in lines() if line.target == "batch"]
    assert written[:-1] == [(NOBODY + number, {"times": 2}) for number in range(5, audit.MOST + 4)], (
        "the oldest are lost"
    )
    assert written[-1] == (NOBODY + audit.MOST + 4, {"times": 3})


def test_everything_an_administrator_does_is_written_and_so_is_what_was_refused(alone: Flask, ann: Account) -> None:
    boss = Boss(alone)
    boss.sign_in()
    file_id = ann.upload(b"a\n1\n")
    key_id = ann.post("/api/v1/api-keys", json={"name": "x"}).json["id"]
    page = boss.client.get("/admin/keys/").text
    assert ann.email in page
    assert "read write" in page
    for name, row in (("files", file_id), ("keys", key_id)):
        action = {"files": "remove", "keys": "revoke"}[name]
        boss.post(f"/admin/{name}/action/", f"/admin/{name}/", action=action, rowid=str(row))
    boss.post("/admin/files/action/", "/admin/files/", action="remove", rowid=str(file_id))
    boss.post(f"/admin/users/edit/?id={ann.id}", f"/admin/users/edit/?id={ann.id}", new_password="a-new-lantern-77")
    page = boss.post("/admin/invitations/make/", "/admin/invitations/", note="for Bob").text
    assert "invite_" in page
    done = [(line.action, line.target) for line in lines(boss.id)]
    assert done[:6] == [
        ("login", "pages"),
        ("admin_file_deleted", f"file:{file_id}"),
        ("admin_key_revoked", f"key:{key_id}"),
        ("admin_file_deleted", f"file:{file_id}"),
        ("admin_action_refused", f"file:{file_id}"),
        ("admin_user_changed", f"user:{ann.id}"),
    ]
    assert done[6][0] == "admin_invitation_made"
    changed = lines(boss.id, Action.ADMIN_USER)[0].detail
    assert changed is not None
    assert (changed["is_active"], changed["password"], "a-new-lantern-77" in str(changed)) == (False, True, False)
    assert not [line for line in lines(ann.id) if line.action == "file_deleted"]


def exported(boss: Boss, kind: str, query: str = "") -> Any:
    answer = boss.client.get(f"/admin/audit/export/{kind}{query}")
    assert answer.status_code == 200
    if kind == "csv":
        return list(csv.DictReader(io.StringIO(answer.text)))
    return [json.loads(line) for line in answer.text.splitlines()]


def argument(boss: Boss, name: str) -> str:
    """The name of a filter's argument."""
    page = boss.client.get("/admin/audit/").text
    groups = json.loads(page.split('id="filter-groups-data"')[1].split(">", 1)[1].split("</")[0].replace("&#34;", '"'))
    return f"flt0_{groups[name][0]['arg']}"


def test_the_log_is_shown_filtered_and_exported(alone: Flask, ann: Account) -> None:
    boss = Boss(alone)
    boss.sign_in()
    page = boss.client.get("/admin/audit/")
    assert page.status_code == 200
    assert boss.client.get("/admin/audit/?kind=x&endpoint=y").status_code == 200
    assert f"{ann.id} ({ann.email})" in page.text
    by_action = f"?{argument(boss, 'Action')}=registered"
    assert ann.email in boss.client.get(f"/admin/audit/{by_action}").text
    for kind in ("csv", "ndjson"):
        whole = exported(boss, kind)
        assert whole[0]["action"] == "admin_audit_exported", "the newest first, and the export is in it"
        assert {row["action"] for row in exported(boss, kind, by_action)} == {"registered"}
        mine = exported(boss, kind, f"?{argument(boss, 'User')}={ann.email}")
        assert {row["email"] for row in mine} == {ann.email}
        times = "2001-01-01 00:00:00 to 2001-02-01 00:00:00"
        assert exported(boss, kind, f"?{argument(boss, 'Time (UTC)')}={times}") == []
    assert boss.client.get("/admin/audit/export/xlsx").status_code == 404
    with transaction() as session:
        session.execute(update(User).where(User.id == ann.id).values(email="=cmd@example.com"))
    assert exported(boss, "csv", by_action)[0]["email"] == "'=cmd@example.com"
    assert exported(boss, "ndjson", by_action)[0]["email"] == "=cmd@example.com"


def test_lines_of_a_deleted_account_carry_its_number_and_no_address(alone: Flask, ann: Account) -> None:
    boss = Boss(alone)
    boss.sign_in()
    assert ann.post("/api/v1/me/delete", json={"password": PASSWORD}).status_code == 204
    rows = [row for row in exported(boss, "ndjson") if row["user_id"] == ann.id]
    assert {row["action"] for row in rows} >= {"registered", "login", "account_deleted"}
    assert {row["email"] for row in rows} == {None}
    with transaction() as session:  # SQLite may give its number to somebody who comes later
        session.execute(insert(User).values(id=ann.id, email="later@example.com", password_hash="x", created_at=now()))
    later = [row for row in exported(boss, "ndjson") if row["user_id"] == ann.id]
    assert {row["email"] for row in later} == {None}
    assert "later@example.com" not in boss.client.get("/admin/audit/").text


def test_no_page_and_no_statement_changes_a_line(alone: Flask) -> None:
    rules = [rule for rule in alone.url_map.iter_rules() if rule.endpoint.startswith("admin_audit.")]
    boss = Boss(alone)
    boss.sign_in()
    before = [vars(line) for line in lines() if line.user_id != boss.id]
    token = boss.client.get("/admin/audit/").text
    for rule in rules:
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS", "GET"}):
            path = rule.rule.replace("<kind>", "csv").replace("<path:filename>", "x")
            for body in ({"action": "delete", "rowid": "1"}, {"id": "1"}, {"list_form_pk": "1", "action": "x"}):
                boss.client.open(path, method=method, data={**body, "csrf_token": csrf_of(token)})
    after = [vars(line) for line in lines() if line.user_id != boss.id]
    assert [{**line, "_sa_instance_state": 0} for line in after] == [
        {**line, "_sa_instance_state": 0} for line in before
    ]


def csrf_of(page: str) -> str:
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def test_lines_go_when_they_are_older_than_they_are_kept(alone: Flask) -> None:
    life = timedelta(seconds=alone.extensions["csvapi"].settings.audit_retention)
    old, young = now() - life - timedelta(seconds=1), now() - life + timedelta(hours=1)
    with transaction() as session:
        session.execute(delete(AuditEntry))
        at = [{"at": old, "action": "login"}] * 1500 + [{"at": young, "action": "login"}]
        session.execute(insert(AuditEntry), at)
    assert audit.forget_expired() == 1500
    assert [line.at for line in lines()] == [young]
    assert db.engine is not None
