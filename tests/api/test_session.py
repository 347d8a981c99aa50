"""The session of a browser: signing in and out by a cookie, and what another site cannot do with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from csvapi.extensions import transaction
from csvapi.models import AuditEntry, RefreshFamily, now
from csvapi.services import browser_sessions, second_factor
from tests.api.v1 import problem
from tests.stack import PASSWORD, Account

AT = "/api/v1/session"
COOKIE = "csvapi-session"
NOBODY = {
    "email": None,
    "user_id": None,
    "is_admin": False,
    "has_password": False,
    "single_sign_on": False,
    "csrf_token": None,
}


class Browser:
    """A client that keeps cookies, and sends the CSRF token where it has one."""

    def __init__(self, app: Flask, email: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.email, self.token = email, ""

    def sign_in(self, password: str = PASSWORD, **more: Any) -> TestResponse:
        body = {"email": self.email, "password": password, **more.pop("body", {})}
        answer = self.client.post(AT, json=body, **more)
        if answer.status_code == 200:
            self.token = answer.json["csrf_token"]
        return answer

    def send(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"X-CSRF-Token": self.token, **kwargs.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **kwargs)

    @property
    def cookie(self) -> str:
        found = self.client.get_cookie(COOKIE)
        return found.value if found else ""

    @property
    def family(self) -> str:
        named = browser_sessions.named(self.cookie)
        assert named is not None
        return named[1]


@pytest.fixture
def browser(app: Flask, account: Account) -> Browser:
    browser = Browser(app, account.email)
    assert browser.sign_in().status_code == 200
    return browser


def shown(browser: Browser) -> Any:
    answer = browser.client.get(AT)
    assert answer.status_code == 200
    return answer.json


def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_do_not_get(app: Flask, account: Account) -> None:
    browser = Browser(app, account.email)
    assert shown(browser) == NOBODY
    answer = browser.sign_in()
    assert answer.json == {
        "email": account.email,
        "user_id": account.id,
        "is_admin": False,
        "has_password": True,
        "single_sign_on": False,
        "csrf_token": browser.token,
    }
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert browser.token not in cookie
    assert shown(browser) == answer.json
    assert browser.client.get("/api/v1/me").json["email"] == account.email


def test_the_cookie_opens_what_a_page_needs_without_a_header(browser: Browser) -> None:
    made = browser.send("POST", "/api/v1/files?name=a.csv", data=b"id\n1\n", content_type="text/csv")
    assert made.status_code == 201, made.text
    assert browser.client.get(f"/api/v1/files/{made.json['id']}/content").data == b"id\n1\n"
    task = browser.send("POST", "/api/v1/tasks", json={"input": made.json["id"], "steps": [{"op": "dedup"}]}).json
    events = browser.client.get(f"/api/v1/tasks/{task['id']}/events", buffered=False)
    assert next(events.response).startswith(b"retry:")  # type: ignore[call-overload]
    events.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/files?name=a.csv"),
        ("POST", "/api/v1/tasks"),
        ("POST", "/api/v1/previews"),
        ("POST", "/api/v1/api-keys"),
        ("POST", "/api/v1/me/password"),
        ("DELETE", "/api/v1/files/1"),
        ("PATCH", "/api/v1/files/1"),
        ("DELETE", "/api/v1/me/sessions"),
        ("DELETE", AT),
        ("POST", "/api/upload-csv/"),
        ("POST", "/api/logout/"),
    ],
)
def test_what_changes_something_needs_the_sessions_own_token(
    app: Flask, browser: Browser, account: Account, method: str, path: str
) -> None:
    another = Browser(app, account.email)
    another.sign_in()
    for token in ("", "x", another.token, browser.cookie, browser.token[:-1], f"{browser.token}="):
        answer = browser.client.open(path, method=method, headers={"X-CSRF-Token": token} if token else {})
        assert answer.status_code == 403, (token, answer.text)
        assert "X-CSRF-Token" in answer.text
    assert shown(browser)["email"] == account.email


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_neither_signs_in_nor_acts(app: Flask, browser: Browser, headers: dict[str, str]) -> None:
    problem(Browser(app, browser.email).sign_in(headers=headers), 403, "csrf_failed")
    problem(browser.send("DELETE", AT, headers=headers), 403, "csrf_failed")
    assert shown(browser)["email"] == browser.email
    assert browser.send("DELETE", AT, headers={"Origin": "http://localhost"}).status_code == 204


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
def test_a_form_of_another_site_does_not_sign_in(app: Flask, account: Account, kind: str) -> None:
    body = f'{{"email": "{account.email}", "password": "{PASSWORD}"}}'
    answer = app.test_client().post(AT, data=body, content_type=kind)
    assert answer.status_code in {400, 415, 401, 422}
    assert "Set-Cookie" not in answer.headers


def test_signing_in_makes_a_new_session_and_ends_the_one_before(app: Flask, browser: Browser) -> None:
    before, token = browser.cookie, browser.token
    browser.sign_in()
    assert browser.cookie != before
    assert browser.token != token
    copy = app.test_client()
    copy.set_cookie(COOKIE, before)
    assert copy.get("/api/v1/me").status_code == 401
    fixed = Browser(app, browser.email)
    fixed.client.set_cookie(COOKIE, browser.cookie)
    fixed.sign_in()
    assert browser.client.get("/api/v1/me").status_code == 401, "a planted session is not taken over"


def test_signing_out_ends_the_session_wherever_its_cookie_is(app: Flask, browser: Browser, account: Account) -> None:
    copy = app.test_client()
    copy.set_cookie(COOKIE, browser.cookie)
    assert copy.get("/api/v1/me").status_code == 200
    answer = browser.send("DELETE", AT)
    assert answer.status_code == 204
    assert browser.cookie == ""
    assert shown(browser) == NOBODY
    assert copy.get("/api/v1/me").status_code == 401
    assert copy.get(AT).json == NOBODY
    assert account.get("/api/v1/me").status_code == 200, "the login with tokens stays"


def test_a_made_up_cookie_opens_nothing(app: Flask, browser: Browser, account: Account) -> None:
    family = jwt.decode(account.access, options={"verify_signature": False})["family"]
    body, _, signature = browser.cookie.partition(".")
    for cookie in ("", "x", family, account.access, f"{body}.", f"{body}.{signature[:-1]}", f".{signature}"):
        client = app.test_client()
        client.set_cookie(COOKIE, cookie)
        assert client.get("/api/v1/me").status_code == 401, cookie
        assert client.get(AT).json == NOBODY


def test_a_header_goes_before_the_cookie(browser: Browser, other: Account) -> None:
    assert browser.client.get("/api/v1/me", headers=other.headers).json["email"] == other.email
    answer = browser.client.post("/api/v1/api-keys", json={"name": "x"}, headers=other.headers)
    assert answer.status_code == 201, "a token in a header needs no other proof"
    assert browser.client.get("/api/v1/me", headers={"Authorization": "Bearer x"}).status_code == 401


def test_a_session_is_listed_and_ended_with_all_others(app: Flask, browser: Browser, account: Account) -> None:
    items = browser.client.get("/api/v1/me/sessions").json["items"]
    assert [item["id"] for item in items if item["current"]] == [_family(app, browser)]
    assert (
        account.client.delete(f"/api/v1/me/sessions/{_family(app, browser)}", headers=account.headers).status_code
        == 204
    )
    answer = browser.client.get("/api/v1/me")
    assert (answer.status_code, answer.json["code"]) == (401, "token_not_valid")


def _family(app: Flask, browser: Browser) -> str:
    with app.app_context():
        return browser.family


def test_a_new_password_ends_the_other_browsers(app: Flask, browser: Browser) -> None:
    second = Browser(app, browser.email)
    second.sign_in()
    body = {"current_password": PASSWORD, "new_password": "tidal violin quarry"}
    assert browser.send("POST", "/api/v1/me/password", json=body).status_code == 204
    assert browser.client.get("/api/v1/me").status_code == 200
    assert second.client.get("/api/v1/me").status_code == 401


def test_a_session_ends_when_it_is_not_used_and_at_last_in_any_case(app: Flask, browser: Browser) -> None:
    family = _family(app, browser)

    def put(**values: Any) -> None:
        with app.app_context(), transaction() as session:
            session.execute(update(RefreshFamily).where(RefreshFamily.id == family).values(**values))

    def end() -> Any:
        with app.app_context(), transaction() as session:
            return session.scalars(select(RefreshFamily.expires_at).where(RefreshFamily.id == family)).one()

    assert end() <= now() + browser_sessions.IDLE
    put(last_used_at=now() - timedelta(hours=2), expires_at=now() + timedelta(minutes=1))
    assert browser.client.get("/api/v1/me/sessions").status_code == 200
    assert end() > now() + browser_sessions.IDLE - timedelta(minutes=1), "use moves the end"
    put(created_at=now() - timedelta(days=7) + timedelta(hours=1), last_used_at=now() - timedelta(hours=2))
    assert browser.client.get("/api/v1/me/sessions").status_code == 200
    assert end() <= now() + timedelta(hours=1), "but not beyond the end of the sign-in"
    put(expires_at=now() - timedelta(seconds=1))
    assert browser.client.get("/api/v1/me/sessions").status_code == 401


def test_wrong_credentials_say_what_a_login_says(app: Flask, account: Account) -> None:
    for body in ({"password": "x"}, {"email": f"{uuid4().hex}@example.com"}, {"email": None}):
        answer = Browser(app, account.email).sign_in(body=body)
        problem(answer, 401, "wrong_credentials")
        assert answer.json["detail"] == "Invalid email or password"
        assert "Set-Cookie" not in answer.headers


def test_an_account_with_a_second_factor_needs_its_code(app: Flask, account: Account) -> None:
    with app.app_context():
        secret = second_factor.begin(account.id).secret
        code = pyotp.TOTP(secret)
        (recovery, *_) = second_factor.confirm(account.id, code.now())
    browser = Browser(app, account.email)
    problem(browser.sign_in(), 401, "second_factor_needed")
    problem(browser.sign_in(body={"otp": "000000"}), 401, "wrong_credentials")
    assert browser.sign_in(body={"otp": recovery}).status_code == 200
    problem(browser.sign_in(body={"otp": recovery}), 401, "wrong_credentials")


def test_signing_in_and_out_are_in_the_audit_log(app: Flask, browser: Browser, account: Account) -> None:
    browser.send("DELETE", AT)
    with app.app_context(), transaction() as session:
        mine = select(AuditEntry.action).where(AuditEntry.user_id == account.id).order_by(AuditEntry.id)
        assert list(session.scalars(mine))[-2:] == ["login", "logout"]
