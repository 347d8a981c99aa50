"""Lines of docs/asvs.md that no other test shows: headers, methods, errors, passwords, fields, names on pages."""

from __future__ import annotations

import logging
import re
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from csvapi import config
from csvapi.api.request_hooks import HEADERS
from csvapi.app import create_app
from csvapi.extensions import transaction
from csvapi.models import User
from csvapi.services import accounts
from tests.api.v1 import V1, problem
from tests.stack import PASSWORD, Account

ADMIN_PASSWORD = "sunlit-harbour-41"
DENIES = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
JSON, PAGES = (
    ("/api/v1/me", "/api/v1/files", "/api/v1/nowhere", "/api/task-status/"),
    ("/admin/users/", "/admin/files/"),
)

pytestmark = pytest.mark.parametrize(
    "environ", ["sqlite"], indirect=True, scope="session"
)  # nothing here is the database's


@pytest.fixture
def boss(app: Flask) -> FlaskClient:
    """An administrator's browser, signed in."""
    email, client = f"{uuid4().hex}@example.com", app.test_client()
    with app.app_context():
        accounts.ensure_admin(email, ADMIN_PASSWORD)
    token = re.findall(r'name="csrf_token" type="hidden" value="([^"]+)"', client.get("/admin/login/").text)[0]
    body = {"email": email, "password": ADMIN_PASSWORD, "csrf_token": token}
    assert client.post("/admin/login/", data=body).status_code == 302
    return client


def test_every_answer_forbids_by_default(account: Account, boss: FlaskClient) -> None:
    file_id = account.upload(b"a\n1\n")
    answers = [
        account.get(f"/api/v1/files/{file_id}/content"),
        account.client.get("/static/swagger-ui/swagger-ui.css"),
        account.client.get("/api/download/x/"),
        account.client.get("/nowhere"),
        account.client.put("/api/login/"),
        account.client.get("/api/v1/me"),
        *(account.client.get(path) for path in ("/", "/healthz", "/swagger/", "/redoc/", "/admin/", "/admin/login/")),
        *(boss.get(path) for path in (*PAGES, "/rq/")),
    ]
    assert {answer.status_code for answer in answers} >= {200, 302, 401, 403, 404, 405}
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert set(DENIES) <= set(policy), answer.request.path
        for name in HEADERS.keys() - {"Content-Security-Policy"}:
            assert answer.headers[name] == HEADERS[name], (answer.request.path, name)


def test_data_is_not_cached(account: Account, boss: FlaskClient) -> None:
    for path in JSON:
        assert account.get(path).headers["Cache-Control"] == "no-store", path
    for path in (*PAGES, "/rq/"):
        assert boss.get(path).headers["Cache-Control"] == "no-store", path
    content = account.get(f"/api/v1/files/{account.upload(b'a,b')}/content")
    assert "private" in content.headers["Cache-Control"]


def test_trace_is_refused_everywhere(app: Flask, account: Account) -> None:
    for rule in app.url_map.iter_rules():
        path = re.sub("<[^>]+>", "1", rule.rule)
        answer = account.client.open(path, method="TRACE", headers={"X-Echo": "come back"})
        assert answer.status_code in {403, 404, 405, 308}, path
        assert "come back" not in answer.text + str(answer.headers)


def test_an_unexpected_error_shows_nothing_of_the_inside(
    environ: dict[str, str], app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    broken = create_app(config.load(environ))

    def fail() -> str:
        raise RuntimeError("password of the inside")

    broken.add_url_rule("/api/v1/broken", view_func=fail)
    broken.add_url_rule("/api/broken", view_func=fail, endpoint="classic")
    for path in ("/api/v1/broken", "/api/broken"):
        caplog.clear()
        with caplog.at_level(logging.ERROR):
            answer = broken.test_client().get(path, headers={"X-Request-ID": "find-me"})
        assert answer.status_code == 500
        assert answer.json["request_id"] == "find-me"
        assert not re.search("password|RuntimeError|Traceback|\\.py", answer.text)
        assert "password of the inside" in caplog.text, "the log has it"


@pytest.mark.parametrize(
    ("password", "other"),
    [
        ("  größe und 日本  ", "größe und 日本"),
        ("nothingbutsmallletters", "NOTHINGBUTSMALLLETTERS"),
        ("w0rd " * 204 + "last", "w0rd " * 204 + "las"),
    ],
    ids=["spaces and letters", "small letters", "1,024 characters"],
)
def test_a_password_is_taken_exactly_as_it_was_sent(client: FlaskClient, password: str, other: str) -> None:
    body = {"email": f"{uuid4().hex}@example.com", "password": password, "confirm_password": password}
    assert client.post("/api/register/", json=body).status_code == 201
    assert client.post("/api/login/", json=body).status_code == 200
    assert client.post("/api/login/", json={**body, "password": other}).status_code == 401


@pytest.mark.usefixtures("app")  # which makes the tables
def test_a_password_is_not_made_of_the_services_own_names(environ: dict[str, str]) -> None:
    app = create_app(config.load({**environ, "CSVAPI_PUBLIC_URL": "https://tables.harbour.example"}))
    client, email = app.test_client(), f"{uuid4().hex}@example.org"
    for password in ("csvapi-1", "CsvApi2026", "harbour99", "tables.harbour", "Tables.Harbour.Example"):
        body = {"email": email, "password": password, "confirm_password": password}
        answer = client.post("/api/register/", json=body)
        assert (answer.status_code, "name of this service" in answer.json["error"]) == (400, True), password
    longer = "the harbour has seven lanterns"
    body = {"email": email, "password": longer, "confirm_password": longer}
    assert client.post("/api/register/", json=body).status_code == 201


def test_password_fields_are_masked_and_open_to_password_managers(client: FlaskClient) -> None:
    page = client.get("/admin/login/").text
    (field,) = re.findall('<input[^>]*name="password"[^>]*>', page)
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    assert not re.search('onpaste|readonly|autocomplete="off"', page)


def test_fields_that_nobody_may_set_are_not_stored(app: Flask, client: FlaskClient, account: Account) -> None:
    email = f"{uuid4().hex}@example.com"
    more = {"is_admin": True, "is_active": False, "max_stored": 2**62, "id": 1, "password_hash": "x"}
    body = {"email": email, "password": PASSWORD, "confirm_password": PASSWORD}
    for kind in ({"json": {**body, **more}}, {"data": {**body, "email": f"x{email}", **more}}):
        assert client.post("/api/register/", **kind).status_code == 201
    with app.app_context(), transaction() as session:
        made = session.scalars(select(User).where(User.email.in_([email, f"x{email}"]))).all()
    assert [(user.is_admin, user.is_active, user.max_stored) for user in made] == [(False, True, None)] * 2
    v1 = V1(account)
    file_id = v1.upload(b"a\n1\n")["id"]
    for field, value in {"user_id": 1, "size": 0, "sha256": "0" * 64, "storage_key": "x", "id": 1}.items():
        problem(v1.call("PATCH", f"/files/{file_id}", json={field: value}), 422, "invalid_input", f"/{field}")
        problem(v1.post("/api-keys", json={"name": "x", field: value}), 422, "invalid_input", f"/{field}")


def test_an_address_of_mail_carries_no_other_header(client: FlaskClient) -> None:
    for email in (
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com, b@example.com",
        "<a@example.com>",
        "a\0@example.com",
    ):
        body = {"email": email, "password": PASSWORD, "confirm_password": PASSWORD}
        answer = client.post("/api/register/", json=body)
        assert (answer.status_code, answer.json["error"][:5]) == (400, "email"), email


def test_a_doubled_parameter_counts_once_and_a_query_is_no_body(account: Account) -> None:
    v1 = V1(account)
    assert v1.get("/files?limit=1&limit=x").status_code == 200
    problem(v1.get("/files?limit=x&limit=1"), 422, "invalid_input", "/limit")
    problem(v1.post("/api-keys?name=x", json={}), 422, "invalid_input", "/name")


def test_no_folder_is_listed(client: FlaskClient) -> None:
    for path in ("/static", "/static/", "/static/swagger-ui", "/static/swagger-ui/", "/admin/static/", "/rq/static/"):
        assert client.get(path).status_code == 404, path


def test_what_a_user_named_is_text_on_a_page(account: Account, boss: FlaskClient) -> None:
    v1, mark = V1(account), uuid4().hex
    label = f"<img src=x onerror=alert({mark})>{{{{7*7}}}}"
    v1.submit(v1.upload(b"a\n1\n")["id"], {"op": "dedup"}, label=label)
    page = boss.get(f"/admin/tasks/?search={mark}").text
    assert f"&lt;img src=x onerror=alert({mark})&gt;{{{{7*7}}}}" in page
    assert "<img" not in page
    script = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    for path in (f"/admin/tasks/?search={script}", f"/admin/users/?search={script}"):
        assert "<script>alert" not in boss.get(path).text
    assert "<script>alert" not in account.client.get(f"/admin/login/?next=/admin/{script}").text
