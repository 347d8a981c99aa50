"""Who may call what: one table for every route there is, and the checks that hold for each of its rules.

A new route fails the first test until it stands in the table; the other tests then hold it to its rule.
"""

from __future__ import annotations

import re
import string
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any
from uuid import uuid4

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import delete, update
from werkzeug.test import TestResponse

from csvapi.extensions import transaction
from csvapi.models import File, RefreshFamily, User
from csvapi.services import links
from tests.stack import SECRETS, Account, sign_up


class Rule(StrEnum):
    PUBLIC = "anybody; it holds no user's data"
    BEARER = "the owner, by an access token in the Authorization header"
    LINK = "whoever holds a signed link to that one object"
    OPERATOR = "the operator's monitoring, by its own token where one is set"
    ADMIN = "an administrator, by a session cookie; every form carries a CSRF token"


RULES = {
    "api-docs.openapi_json": Rule.PUBLIC,
    "auth.login": Rule.PUBLIC,
    "auth.logout": Rule.BEARER,
    "auth.refresh": Rule.PUBLIC,
    "auth.register": Rule.PUBLIC,
    "console.front": Rule.PUBLIC,
    "console.static": Rule.PUBLIC,
    "csv.download": Rule.LINK,
    "csv.perform_operation": Rule.BEARER,
    "csv.task_status": Rule.BEARER,
    "csv.upload_csv": Rule.BEARER,
    "docs.front": Rule.PUBLIC,
    "docs.redoc": Rule.PUBLIC,
    "docs.static": Rule.PUBLIC,
    "docs.swagger": Rule.PUBLIC,
    "entry.enter": Rule.PUBLIC,  # by the token of a link, which the operator makes
    "entry.show": Rule.PUBLIC,
    "health.healthz": Rule.PUBLIC,
    "health.readyz": Rule.PUBLIC,
    "metrics.metrics": Rule.OPERATOR,
    "v1-account.create_key": Rule.BEARER,
    "v1-account.delete_key": Rule.BEARER,
    "v1-account.list_keys": Rule.BEARER,
    "v1-account.me": Rule.BEARER,
    "v1-account.my_usage": Rule.BEARER,
    "v1-events.events": Rule.BEARER,
    "v1-files.change": Rule.BEARER,
    "v1-files.content": Rule.BEARER,
    "v1-files.create": Rule.BEARER,
    "v1-files.delete": Rule.BEARER,
    "v1-files.detect": Rule.BEARER,
    "v1-files.index": Rule.BEARER,
    "v1-files.register": Rule.BEARER,
    "v1-files.show": Rule.BEARER,
    "v1-uploads.append": Rule.BEARER,
    "v1-uploads.create": Rule.BEARER,
    "v1-uploads.delete": Rule.BEARER,
    "v1-uploads.index": Rule.BEARER,
    "v1-uploads.offset": Rule.BEARER,
    "v1-uploads.override": Rule.BEARER,
    "v1-uploads.show": Rule.BEARER,
    "v1-uploads.options": Rule.PUBLIC,
    "v1-hash-keys.create": Rule.BEARER,
    "v1-hash-keys.delete": Rule.BEARER,
    "v1-hash-keys.index": Rule.BEARER,
    "mailed_pages.forgotten": Rule.PUBLIC,
    "mailed_pages.reset": Rule.PUBLIC,
    "mailed_pages.verification": Rule.PUBLIC,
    "mailed_pages.verify": Rule.PUBLIC,
    "single_sign_on.callback": Rule.PUBLIC,
    "single_sign_on.confirm": Rule.PUBLIC,  # by the cookie of whom the provider has shown, and a form's CSRF token
    "single_sign_on.create": Rule.PUBLIC,
    "single_sign_on.finish": Rule.PUBLIC,
    "single_sign_on.link": Rule.PUBLIC,
    "single_sign_on.signed_out": Rule.PUBLIC,
    "single_sign_on.start": Rule.PUBLIC,
    "v1-mailed.ask_password_reset": Rule.PUBLIC,
    "v1-mailed.ask_verification": Rule.PUBLIC,
    "v1-mailed.reset_password": Rule.PUBLIC,
    "v1-mailed.verify_email": Rule.PUBLIC,
    "v1-own-account.change_password": Rule.BEARER,
    "v1-own-account.delete_account": Rule.BEARER,
    "v1-own-account.end_other_sessions": Rule.BEARER,
    "v1-own-account.end_session": Rule.BEARER,
    "v1-own-account.list_sessions": Rule.BEARER,
    "v1-operations.index": Rule.PUBLIC,
    "v1-operations.preview": Rule.BEARER,
    "v1-pipelines.change": Rule.BEARER,
    "v1-pipelines.create": Rule.BEARER,
    "v1-pipelines.create_version": Rule.BEARER,
    "v1-pipelines.delete": Rule.BEARER,
    "v1-pipelines.delete_version": Rule.BEARER,
    "v1-pipelines.index": Rule.BEARER,
    "v1-pipelines.show": Rule.BEARER,
    "v1-pipelines.show_version": Rule.BEARER,
    "v1-pipelines.versions": Rule.BEARER,
    "v1-schemas.change": Rule.BEARER,
    "v1-schemas.create": Rule.BEARER,
    "v1-schemas.create_version": Rule.BEARER,
    "v1-schemas.delete": Rule.BEARER,
    "v1-schemas.delete_version": Rule.BEARER,
    "v1-schemas.index": Rule.BEARER,
    "v1-schemas.show": Rule.BEARER,
    "v1-schemas.show_version": Rule.BEARER,
    "v1-schemas.versions": Rule.BEARER,
    "v1-problems.index": Rule.PUBLIC,
    "v1-problems.show": Rule.PUBLIC,
    "v1-rows.issues": Rule.BEARER,
    "v1-rows.show_rows": Rule.BEARER,
    "v1-results.dropped": Rule.BEARER,
    "v1-results.receipt": Rule.BEARER,
    "v1-results.result": Rule.BEARER,
    "v1-results.result_rows": Rule.BEARER,
    "v1-session.create": Rule.PUBLIC,
    "v1-session.delete": Rule.BEARER,
    "v1-session.show": Rule.PUBLIC,
    "v1-sources.change": Rule.BEARER,
    "v1-sources.create": Rule.BEARER,
    "v1-sources.delete": Rule.BEARER,
    "v1-sources.files": Rule.BEARER,
    "v1-sources.index": Rule.BEARER,
    "v1-sources.pause": Rule.BEARER,
    "v1-sources.resume": Rule.BEARER,
    "v1-sources.retry": Rule.BEARER,
    "v1-sources.run": Rule.BEARER,
    "v1-sources.show": Rule.BEARER,
    "v1-tasks.cancel": Rule.BEARER,
    "v1-tasks.create": Rule.BEARER,
    "v1-tasks.delete": Rule.BEARER,
    "v1-tasks.index": Rule.BEARER,
    "v1-tasks.show": Rule.BEARER,
    "v1-webhooks.create": Rule.BEARER,
    "v1-webhooks.delete": Rule.BEARER,
    "v1-webhooks.deliveries": Rule.BEARER,
    "v1-webhooks.index": Rule.BEARER,
    "v1-webhooks.resend": Rule.BEARER,
    "v1-webhooks.show": Rule.BEARER,
    "v1-webhooks.test": Rule.BEARER,
}
SIGN_IN = {"sign_in.enter", "sign_in.leave", "sign_in.login"}  # the administrators' own door: open, and throttled
ADMINS = re.compile(r"(admin|admin_\w+|rq_dashboard)\.")  # blueprints whose every route is for administrators

ADMINISTERING = "v1-sources."  # of the API, what is for administrators
LOOKING = {"v1-operations.preview"}  # POST, and changes nothing: a key that may read is enough
OWN_AFFAIRS = {  # what no API key may do
    "v1-account.create_key",
    "v1-own-account.change_password",
    "v1-own-account.delete_account",
    "v1-own-account.end_other_sessions",
    "v1-own-account.end_session",
    "v1-own-account.list_sessions",
}

CONTENT = b"id,name\n007,a value nobody else may see\n"
PROBLEM = {"type", "title", "status", "instance", "request_id", "errors"}  # what v1 adds to every refusal
SECRET = "a value nobody else may see"
Call = tuple[str, str, dict[str, Any]]  # method, path, arguments of the test client


def path_of(method: str, path: str, body: Any = None) -> Callable[[int, str], Call]:
    """A call whose path (`{file}`, `{task}`) names the object."""

    def call(file_id: int, task_id: str) -> Call:
        return method, path.format(file=file_id, task=task_id), {"json": body} if body else {}

    return call


def _perform(file_id: int, _task_id: str) -> Call:
    return "POST", "/api/perform-operation/", {"json": {"file_id": file_id, "operation": "dedup"}}


def _create(file_id: int, _task_id: str) -> Call:
    return "POST", "/api/v1/tasks", {"json": {"input": file_id, "steps": [{"op": "dedup"}]}}


def _preview(file_id: int, _task_id: str) -> Call:
    return "POST", "/api/v1/previews", {"json": {"input": file_id, "steps": [{"op": "dedup"}]}}


# For each BEARER route: the call that names an object; None where it names none. Those that end objects come last.
NAMING: dict[str, Callable[[int, str], Call] | None] = {
    "v1-files.detect": path_of("POST", "/api/v1/files/{file}/detect"),  # before a task that reads the file
    "csv.perform_operation": _perform,
    "csv.task_status": path_of("GET", "/api/task-status/?task_id={task}"),
    "csv.upload_csv": None,
    "auth.logout": None,
    "v1-session.delete": None,
    "v1-files.create": None,
    "v1-files.register": None,
    "v1-files.index": None,
    "v1-files.show": path_of("GET", "/api/v1/files/{file}"),
    "v1-rows.show_rows": path_of("GET", "/api/v1/files/{file}/rows"),
    "v1-files.content": path_of("GET", "/api/v1/files/{file}/content"),
    "v1-rows.issues": path_of("GET", "/api/v1/files/{file}/issues"),
    "v1-files.change": path_of("PATCH", "/api/v1/files/{file}", {"name": "mine.csv"}),
    "v1-tasks.index": None,
    "v1-tasks.create": _create,
    "v1-tasks.show": path_of("GET", "/api/v1/tasks/{task}"),
    "v1-results.result": path_of("GET", "/api/v1/tasks/{task}/result"),
    "v1-results.result_rows": path_of("GET", "/api/v1/tasks/{task}/result/rows"),
    "v1-results.receipt": path_of("GET", "/api/v1/tasks/{task}/receipt"),
    "v1-results.dropped": path_of("GET", "/api/v1/tasks/{task}/dropped"),
    "v1-events.events": path_of("GET", "/api/v1/tasks/{task}/events"),
    "v1-operations.preview": _preview,
    # What names an upload: test_uploads.py.
    "v1-uploads.append": None,
    "v1-uploads.create": None,
    "v1-uploads.delete": None,
    "v1-uploads.index": None,
    "v1-uploads.offset": None,
    "v1-uploads.override": None,
    "v1-uploads.show": None,
    # What names a key, a session or a webhook is held to the same rule in test_account.py, test_hash_keys.py,
    # test_own_account.py and test_webhooks.py.
    "v1-account.create_key": None,
    "v1-account.delete_key": None,
    "v1-account.list_keys": None,
    "v1-account.me": None,
    "v1-account.my_usage": None,
    "v1-hash-keys.create": None,
    "v1-hash-keys.delete": None,
    "v1-hash-keys.index": None,
    "v1-own-account.change_password": None,
    "v1-own-account.delete_account": None,
    "v1-own-account.end_other_sessions": None,
    "v1-own-account.end_session": None,
    "v1-own-account.list_sessions": None,
    "v1-webhooks.create": None,
    "v1-webhooks.delete": None,
    "v1-webhooks.deliveries": None,
    "v1-webhooks.index": None,
    "v1-webhooks.resend": None,
    "v1-webhooks.show": None,
    "v1-webhooks.test": None,
    # What names a saved pipeline or schema: test_pipelines.py.
    "v1-pipelines.change": None,
    "v1-pipelines.create": None,
    "v1-pipelines.create_version": None,
    "v1-pipelines.delete": None,
    "v1-pipelines.delete_version": None,
    "v1-pipelines.index": None,
    "v1-pipelines.show": None,
    "v1-pipelines.show_version": None,
    "v1-pipelines.versions": None,
    "v1-schemas.change": None,
    "v1-schemas.create": None,
    "v1-schemas.create_version": None,
    "v1-schemas.delete": None,
    "v1-schemas.delete_version": None,
    "v1-schemas.index": None,
    "v1-schemas.show": None,
    "v1-schemas.show_version": None,
    "v1-schemas.versions": None,
    # Sources are for administrators alone: tests/sources/test_api.py.
    "v1-sources.change": None,
    "v1-sources.create": None,
    "v1-sources.delete": None,
    "v1-sources.files": None,
    "v1-sources.index": None,
    "v1-sources.pause": None,
    "v1-sources.resume": None,
    "v1-sources.retry": None,
    "v1-sources.run": None,
    "v1-sources.show": None,
    "v1-tasks.cancel": path_of("POST", "/api/v1/tasks/{task}/cancel"),
    "v1-tasks.delete": path_of("DELETE", "/api/v1/tasks/{task}"),
    "v1-files.delete": path_of("DELETE", "/api/v1/files/{file}"),
}


def of(rule: Rule) -> list[str]:
    return sorted(endpoint for endpoint, held in RULES.items() if held is rule)


def calls(app: Flask, endpoint: str) -> Iterator[tuple[str, str]]:
    """Every method and path of a route, its variables filled with something."""
    for rule in app.url_map.iter_rules(endpoint):
        path = re.sub("<[^>]+>", "1", rule.rule)
        yield from ((method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def test_every_route_stands_in_the_table(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert {endpoint for endpoint in endpoints - SIGN_IN if not ADMINS.match(endpoint)} == set(RULES)


def test_every_route_of_an_owner_names_its_objects_or_says_it_has_none() -> None:
    assert set(NAMING) == set(of(Rule.BEARER))


def signed(user_id: int, family: str, key: str = SECRETS["CSVAPI_JWT_KEY"], **claims: Any) -> str:
    """A token as the service makes it, but for what the arguments say."""
    body = {"user_id": user_id, "family": family, "token_type": "access", "type": "access", "fresh": False}
    times = {"jti": str(uuid4()), "iat": int(time.time()), "exp": int(time.time()) + 600}
    return jwt.encode({**body, **times, **claims}, key)


def respelled(token: str) -> str:
    """Another last character for the same 32 bytes of signature: base64 has two bits there that nobody reads."""
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    return token[:-1] + letters[letters.index(token[-1]) ^ 1]


def wrong_tokens(app: Flask, holder: Account) -> dict[str, str | None]:
    """Everything that must not open an account, by what is wrong with it."""
    family = jwt.decode(holder.access, options={"verify_signature": False})["family"]
    head, body, signature = holder.access.split(".")
    other_body = signed(holder.id + 1, family).split(".")[1]
    revoked, inactive = sign_up(holder.client), sign_up(holder.client)
    with app.app_context(), transaction() as session:
        session.execute(update(User).where(User.id == inactive.id).values(is_active=False))
    for _ in range(2):  # used twice: its family is revoked, and with it the access token
        holder.client.post("/api/token/refresh/", json={"refresh": revoked.refresh})
    assert holder.get("/api/task-status/").status_code == 400, "the token itself is right"
    return {
        "none": None,
        "empty": "",
        "not a token": "x",
        "three parts of nothing": "a.b.c",
        "expired": signed(holder.id, family, exp=1),
        "another user's name in it": f"{head}.{other_body}.{signature}",
        "another signature": f"{head}.{body}.{signature[:-2]}{'AA' if signature[-2:] != 'AA' else 'BB'}",
        "another spelling of the signature": respelled(holder.access),
        "no signature": f"{head}.{body}.",
        "algorithm none": jwt.encode({"user_id": holder.id, "family": family}, "", algorithm="none"),
        "another key": signed(holder.id, family, key="k" * 40),
        "a refresh token": holder.refresh,
        "somebody else's family": signed(holder.id, str(uuid4())),
        "no family": jwt.encode({"user_id": holder.id, "token_type": "access"}, SECRETS["CSVAPI_JWT_KEY"]),
        "a name that is no number": signed("1 OR 1=1", family),  # type: ignore[arg-type]
        "revoked": revoked.access,
        "of an account that was closed": inactive.access,
    }


def test_no_wrong_token_opens_any_route_of_an_owner(app: Flask, client: FlaskClient, account: Account) -> None:
    for kind, token in wrong_tokens(app, account).items():
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        for endpoint in of(Rule.BEARER):
            for method, path in calls(app, endpoint):
                answer = client.open(path, method=method, headers=headers)
                assert answer.status_code == 401, (kind, endpoint, answer.text)
                assert answer.json.keys() - PROBLEM == {"detail", "code"}, (kind, endpoint)
                assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_in_another_place_opens_nothing(app: Flask, client: FlaskClient, account: Account) -> None:
    client.set_cookie("access_token_cookie", account.access)
    for endpoint in of(Rule.BEARER):
        for method, path in calls(app, endpoint):
            query = f"{path}?jwt={account.access}&access_token={account.access}&token={account.access}"
            assert client.open(query, method=method).status_code == 401


@pytest.mark.parametrize(("scope", "lacking"), [("read", "write"), ("write", "read")])
def test_a_key_opens_what_its_scope_says_and_nothing_else(
    app: Flask, account: Account, scope: str, lacking: str
) -> None:
    made = account.post("/api/v1/api-keys", json={"name": scope, "scopes": [scope]})
    headers = {"X-API-Key": made.json["secret"]}
    document = app.test_client().get("/swagger.json").json["paths"]
    for endpoint in of(Rule.BEARER):
        for method, path in calls(app, endpoint):
            answer = account.client.open(path, method=method, headers=headers)
            needed = "read" if method == "GET" or endpoint in LOOKING else "write"
            code = "login_needed" if endpoint in OWN_AFFAIRS else "insufficient_scope"
            if needed == lacking or endpoint in OWN_AFFAIRS:
                assert answer.status_code == 403, (method, path)
                assert answer.json.get("code", code) == code, (method, path)
                assert f'scope="{lacking}"' in answer.headers.get("WWW-Authenticate", "") or endpoint in OWN_AFFAIRS
            elif endpoint.startswith(ADMINISTERING):  # the scope is right, and the account is no administrator's
                assert (answer.status_code, answer.json["code"]) == (403, "forbidden"), (method, path)
            else:
                assert answer.status_code != 403, (method, path)
    said = {
        way["api_key"][0] if "api_key" in way else "login"
        for name in ("/api/v1/previews", "/api/v1/api-keys")
        for way in document[name]["post"]["security"][-1:]
    }
    assert said == {"read", "login"}


@pytest.mark.usefixtures("worker")
def test_another_users_objects_look_like_none(account: Account, other: Account) -> None:
    file_id = account.upload(CONTENT)
    task_id = account.start(file_id, "dedup")
    assert SECRET in str(account.finished(task_id))
    for endpoint, naming in NAMING.items():
        if naming is None:
            continue
        theirs, absent = (ask(other, naming(*names)) for names in ((file_id, task_id), (10**12, str(uuid4()))))
        assert theirs.status_code in {400, 404}, endpoint
        assert (theirs.status_code, words(theirs)) == (absent.status_code, words(absent)), endpoint
        assert SECRET not in theirs.text
    for endpoint, naming in NAMING.items():
        if naming is not None:
            if endpoint == "v1-files.delete":
                file_id = account.upload(CONTENT)
            answer = ask(account, naming(file_id, task_id))
            assert answer.status_code in {200, 201, 202, 204, 404, 409}, f"{endpoint}: its owner may"
            assert answer.status_code not in {404, 409} or endpoint in {"v1-tasks.cancel", "v1-results.dropped"}, (
                endpoint
            )


def words(answer: TestResponse) -> dict[str, Any]:
    """What a refusal says, without the names of the request."""
    return {key: text for key, text in answer.json.items() if key not in {"instance", "request_id"}}


def ask(account: Account, call: Call) -> TestResponse:
    method, path, kwargs = call
    return account.client.open(path, method=method, headers=account.headers, **kwargs)


@pytest.mark.parametrize("endpoint", of(Rule.LINK))
def test_a_wrong_link_opens_nothing(app: Flask, client: FlaskClient, account: Account, endpoint: str) -> None:
    file_id = account.upload(CONTENT)
    with app.app_context():
        good = links.sign(file_id)
    assert SECRET in open_link(app, client, endpoint, good).text
    body, signature = good.split(".")
    soon = int(time.time()) + 600
    wrong = [
        "x",
        "1",
        f"{body}.",
        f".{signature}",
        f"{body}.{signature[:-2]}{'AA' if signature[-2:] != 'AA' else 'BB'}",
        respelled(good),
        URLSafeSerializer("k" * 40, salt="download").dumps([file_id, soon]),
        URLSafeSerializer(SECRETS["CSVAPI_SECRET_KEY"], salt="another use").dumps([file_id, soon]),
        account.access,
    ]
    for token in wrong:
        answer = open_link(app, client, endpoint, token, headers=account.headers)
        assert answer.status_code in {403, 404}, token
        assert SECRET not in answer.text
    with app.app_context(), transaction() as session:
        session.execute(delete(File).where(File.id == file_id))
    assert open_link(app, client, endpoint, good).status_code == 410


def test_a_link_does_not_open_a_later_file_of_the_same_number(
    app: Flask, client: FlaskClient, account: Account, other: Account
) -> None:
    """SQLite gives a number again once the last row is deleted."""
    mine = account.upload(b"a\n1\n")
    with app.app_context():
        link = links.sign(mine)
    assert client.delete(f"/api/v1/files/{mine}", headers=account.headers).status_code == 204
    theirs = other.upload(CONTENT)
    with app.app_context(), transaction() as session:
        session.execute(update(File).where(File.id == theirs).values(id=mine))
    answer = open_link(app, client, "csv.download", link)
    assert (answer.status_code, SECRET in answer.text) == (410, False)


def open_link(app: Flask, client: FlaskClient, endpoint: str, token: str, **kwargs: Any) -> TestResponse:
    with app.test_request_context():
        path = app.url_for(endpoint, token=token)
    return client.get(path, **kwargs)


def test_pages_of_administrators_are_closed_to_everybody_else(app: Flask, account: Account) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if ADMINS.match(rule.endpoint)}
    for method, path in (call for endpoint in sorted(endpoints) for call in calls(app, endpoint)):
        for headers in ({}, account.headers):
            answer = account.client.open(path, method=method, headers=headers)
            assert answer.status_code in {302, 400, 401, 403, 404}, path
            assert account.email not in answer.text


def test_every_page_has_a_strict_policy(app: Flask, client: FlaskClient) -> None:
    """Scripts come from this service's own files; nothing frames a page; cookies and forms are guarded."""
    pages = 0
    for rule in app.url_map.iter_rules():
        if rule.arguments or "GET" not in (rule.methods or set()):
            continue
        answer = client.get(rule.rule)
        policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'", rule
        assert policy["frame-ancestors"] == "'none'", rule
        assert re.fullmatch(r"('self'|'nonce-[\w-]{20,}'| )+", policy.get("script-src", "'self'")), rule
        assert not re.search("https?:", str(policy)), rule
        assert answer.headers["X-Content-Type-Options"] == "nosniff", rule
        for cookie in answer.headers.getlist("Set-Cookie"):
            assert {"HttpOnly", "SameSite"} <= {part.strip().partition("=")[0] for part in cookie.split(";")}, rule
        if answer.mimetype == "text/html" and answer.status_code == 200:
            pages += 1
            assert not re.search("<script>|<script (?!.*nonce=)[^>]*>[^<]| on[a-z]+=", answer.text), rule
            assert answer.text.count('method="post"') == answer.text.count('name="csrf_token"'), rule
    assert pages >= 2


def test_a_revoked_login_closes_its_access_token_alone(app: Flask, client: FlaskClient, account: Account) -> None:
    body = {"email": account.email, "password": "correct horse battery"}
    second = client.post("/api/login/", json=body).json["access_token"]
    family = jwt.decode(account.access, options={"verify_signature": False})["family"]
    with app.app_context(), transaction() as session:
        from csvapi.models import now

        session.execute(update(RefreshFamily).where(RefreshFamily.id == family).values(revoked_at=now()))
    assert account.get("/api/task-status/").status_code == 401
    assert client.get("/api/task-status/", headers={"Authorization": f"Bearer {second}"}).status_code == 400
