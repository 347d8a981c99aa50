"""The account: keys that open what a token opens, limits that are told, a login that ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from csvapi.extensions import transaction
from csvapi.models import ApiKey
from tests.api.v1 import V1, problem
from tests.stack import PASSWORD, Account


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def test_a_key_opens_what_a_token_opens_until_it_is_deleted(v1: V1, app: Flask) -> None:
    key = v1.ok("POST", "/api-keys", json={"name": "nightly"})
    secret = {"X-API-Key": key["secret"]}
    client = v1.account.client
    assert client.get("/api/v1/me", headers=secret).json["email"] == v1.account.email
    assert client.get("/api/task-status/", headers=secret).status_code == 400, "the classic endpoints take it, too"
    listed = v1.ok("GET", "/api-keys")["items"]
    assert [each["id"] for each in listed] == [key["id"]]
    assert "secret" not in listed[0]
    assert key["secret"].startswith(listed[0]["hint"])
    assert listed[0]["last_used_at"]
    with app.app_context(), transaction() as session:
        stored = session.scalar(select(ApiKey).where(ApiKey.id == key["id"]))
        assert stored is not None
        assert key["secret"] not in str(vars(stored))
    assert v1.call("DELETE", f"/api-keys/{key['id']}").status_code == 204
    answer = client.get("/api/v1/me", headers=secret)
    problem(answer, 401, "token_not_valid")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_wrong_and_ended_keys_open_nothing(v1: V1, other: Account, app: Flask) -> None:
    key = v1.ok("POST", "/api-keys", json={"name": "x", "expires_at": "2099-01-01T00:00:00Z"})
    client = v1.account.client
    for wrong in ("", "x", "csvapi_", key["secret"][:-1], key["secret"].upper(), "csvapi_\udcff"):
        assert (
            client.get("/api/v1/me", headers={"X-API-Key": wrong.encode(errors="replace").decode()}).status_code == 401
        )
    with app.app_context(), transaction() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(ApiKey).where(ApiKey.id == key["id"]).values(expires_at=past))
    assert client.get("/api/v1/me", headers={"X-API-Key": key["secret"]}).status_code == 401
    theirs = V1(other)
    problem(theirs.call("DELETE", f"/api-keys/{key['id']}"), 404, "not_found")
    problem(theirs.call("DELETE", f"/api-keys/{10**30}"), 404, "not_found")
    assert theirs.ok("GET", "/api-keys")["items"] == []
    problem(v1.post("/api-keys", json={"name": "x", "expires_at": "2001-01-01T00:00:00Z"}), 422, "invalid_input")


def test_a_key_has_both_scopes_and_an_end_unless_asked_otherwise(v1: V1, app: Flask) -> None:
    key = v1.ok("POST", "/api-keys", json={"name": "x"})
    assert key["scopes"] == ["read", "write"]
    life = datetime.fromisoformat(key["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=364) < life < timedelta(seconds=app.extensions["csvapi"].settings.key_ttl + 1)
    assert v1.ok("POST", "/api-keys", json={"name": "x", "scopes": ["read", "read"]})["scopes"] == ["read"]
    for scopes in ([], ["admin"], ["read", "write", "read"], "read", None):
        problem(v1.post("/api-keys", json={"name": "x", "scopes": scopes}), 422, "invalid_input")


def test_a_key_made_by_the_version_before_has_both_scopes_and_no_end(v1: V1, app: Flask) -> None:
    secret = "csvapi_" + "k" * 43
    with app.app_context(), transaction() as session:
        columns = "user_id, name, hint, secret_hash, created_at"
        old = f"INSERT INTO api_keys ({columns}) VALUES (:user, 'old', 'csvapi_kkkkk', :hash, :at)"
        values = {"user": v1.account.id, "hash": sha256(secret.encode()).hexdigest(), "at": "2026-01-01 00:00:00"}
        session.execute(text(old), values)
    (listed,) = v1.ok("GET", "/api-keys")["items"]
    assert (listed["scopes"], listed["expires_at"]) == (["read", "write"], None)
    headers = {"X-API-Key": secret}
    assert v1.account.client.post("/api/v1/files", headers=headers).status_code != 403
    answer = v1.account.client.post("/api/v1/api-keys", json={"name": "x"}, headers=headers)
    problem(answer, 403, "login_needed")


def test_logging_out_ends_the_login_and_no_other(v1: V1) -> None:
    account = v1.account
    again = account.client.post("/api/login/", json={"email": account.email, "password": PASSWORD}).json
    assert account.post("/api/logout/").json == {"message": "Logged out"}
    assert account.get("/api/v1/me").status_code == 401
    assert account.client.post("/api/token/refresh/", json={"refresh": account.refresh}).status_code == 401
    headers = {"Authorization": f"Bearer {again['access_token']}"}
    assert account.client.get("/api/v1/me", headers=headers).status_code == 200


def test_a_key_has_no_login_to_end(v1: V1) -> None:
    key = v1.ok("POST", "/api-keys", json={"name": "x"})
    assert v1.account.client.post("/api/logout/", headers={"X-API-Key": key["secret"]}).status_code == 400


def test_usage_tells_every_limit_and_what_is_used(v1: V1, app: Flask) -> None:
    v1.upload(b"id,name\n1,Ada\n")
    usage, settings = v1.ok("GET", "/me/usage"), app.extensions["csvapi"].settings
    assert usage["stored_bytes"] == {"used": 14, "limit": settings.max_stored}
    assert usage["files"] == {"used": 1, "limit": settings.max_files}
    assert usage["limits"]["upload_bytes"] == settings.max_upload
    assert usage["limits"]["output_bytes"] == settings.max_output
    assert usage["limits"]["disk_reserve_bytes"] == settings.disk_reserve
    assert usage["retention"]["files"] == settings.retention
