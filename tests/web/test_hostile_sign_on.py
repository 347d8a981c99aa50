"""Single sign-on where the provider, or somebody between, says what is not so: nobody gets in, and nothing breaks."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from werkzeug.test import TestResponse

from csvapi.services.encryption import encrypt
from csvapi.services.single_sign_on import flow, provider_requests
from csvapi.services.single_sign_on.provider import PROVIDER
from tests.provider.hostile import ID, Hostile, hostile
from tests.services.alone import application, environ
from tests.web.sign_on import CALLBACK, START, problem

__all__ = ["environ"]
pytestmark = pytest.mark.parametrize("environ", ["sqlite"], indirect=True, scope="module")
SECRET = "Qe8wZr5tYu2iOp9aSd6fGh3jKl1zXc4v"
SOON = 10_000_000_000  # a time that no test sees


@pytest.fixture(scope="module")
def running() -> Iterator[Hostile]:
    with hostile() as found:
        yield found


@pytest.fixture(scope="module")
def app(environ: dict[str, str], running: Hostile) -> Iterator[Flask]:
    with application(environ, **settings(running.url)) as app:
        yield app


@pytest.fixture
def provider(running: Hostile) -> Hostile:
    """The provider before a test has changed anything."""
    running.__dict__.update(Hostile(running.url).__dict__)
    return running


@pytest.fixture
def client(app: Flask, provider: Hostile) -> FlaskClient:
    """A browser; csvapi knows nothing of the provider yet."""
    app.extensions.pop(PROVIDER, None)
    return app.test_client()


def settings(issuer: str) -> dict[str, str]:
    return {
        "CSVAPI_OIDC_ISSUER": issuer,
        "CSVAPI_OIDC_CLIENT_ID": ID,
        "CSVAPI_OIDC_CLIENT_SECRET": SECRET,
        "CSVAPI_OIDC_ADMIN_GROUPS": "admins",
    }


def asked(client: FlaskClient, provider: Hostile) -> str:
    """The state of a sign-in that has begun; the provider knows its nonce."""
    query = parse_qs(urlsplit(client.get(START).headers["Location"]).query)
    provider.nonce = query["nonce"][0]
    return query["state"][0]


def sign_in(client: FlaskClient, provider: Hostile, **more: str) -> TestResponse:
    given = {"state": asked(client, provider), "code": "any", **more}
    return client.get(CALLBACK, query_string=given)


def is_out(client: FlaskClient) -> bool:
    return client.get("/api/v1/session").json["email"] is None and client.get("/admin/").status_code == 302


def test_what_is_right_lets_in(client: FlaskClient, provider: Hostile) -> None:
    assert sign_in(client, provider).status_code == 302
    assert client.get("/api/v1/session").json["email"] == "user"
    provider.answers["/userinfo"] = 200, json.dumps({"sub": "eve", "realm": {"groups": ["admins"]}}).encode()
    sign_in(client, provider)
    assert is_out(client) is False
    assert client.get("/admin/").status_code == 302, "the claim has another name"


CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://login.example.com"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "another"},
    "no audience": {"aud": None},
    "two audiences, for another": {"aud": [ID, "another"], "azp": "another"},
    "two audiences, for nobody": {"aud": [ID, "another"]},
    "expired": {"exp": 1_000_000_000},
    "no end": {"exp": None},
    "an end that is none": {"exp": "tomorrow"},
    "from the future": {"iat": SOON, "exp": SOON + 60},
    "not yet": {"nbf": SOON},
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "a list of nonces": {"nonce": ["x"]},
    "nobody": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is too long": {"sub": "e" * 256},
    "a subject that is a number": {"sub": 7},
    "a subject beyond ASCII": {"sub": "evé"},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS)
def test_a_token_with_a_wrong_claim_lets_nobody_in(
    client: FlaskClient, provider: Hostile, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    answer = sign_in(client, provider)
    assert (answer.status_code, is_out(client)) == (401, True), answer.text


def _unsigned(provider: Hostile) -> str:
    body = provider.token().split(".")[1]
    return f"eyJhbGciOiJub25lIn0.{body}."


def _with_the_secret(provider: Hostile) -> str:
    claims = jwt.decode(provider.token(), provider.key).claims
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(SECRET))


def _with_the_public_key(provider: Hostile) -> str:
    claims = jwt.decode(provider.token(), provider.key).claims
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(json.dumps(provider.key.as_dict())))


def _by_another(provider: Hostile) -> str:
    provider.listed = [provider.key]
    provider.key = ECKey.generate_key("P-256", {"kid": "one"})
    return provider.token()


def _changed(provider: Hostile) -> str:
    head, _, signature = provider.token().split(".")
    provider.claims = {"sub": "somebody else"}
    return ".".join((head, provider.token().split(".")[1], signature))


FORGED: tuple[Callable[[Hostile], str], ...] = (
    _unsigned,
    _with_the_secret,
    _with_the_public_key,
    _by_another,
    _changed,
    lambda _provider: "",
    lambda _provider: "a.b.c",
    lambda _provider: "." * 5000,
    lambda _provider: "eyJhbGciOlsiUlMyNTYiXX0.e30.AA",  # an algorithm that is a list
)


@pytest.mark.parametrize("forge", FORGED)
def test_a_token_that_the_provider_has_not_signed_lets_nobody_in(
    client: FlaskClient, provider: Hostile, forge: Callable[[Hostile], str]
) -> None:
    state = asked(client, provider)
    token = {"id_token": forge(provider), "access_token": "opaque"}
    provider.answers["/token"] = 200, json.dumps(token).encode()
    answer = client.get(CALLBACK, query_string={"state": state, "code": "any"})
    assert (answer.status_code, is_out(client)) == (401, True), answer.text


def test_an_unknown_key_is_asked_for_once(client: FlaskClient, provider: Hostile) -> None:
    sign_in(client, provider)
    provider.key = ECKey.generate_key("P-256", {"kid": "two"})
    provider.header = {"kid": "two"}
    assert sign_in(client, provider).status_code == 302
    assert provider.asked.count("/keys") == 2
    provider.header = {"kid": "three"}
    assert sign_in(client, provider).status_code == 401
    assert provider.asked.count("/keys") == 3


DEEP = b'{"a":' * 100_000
ANSWERS: dict[str, tuple[str, tuple[int, bytes], int]] = {
    "a code that it does not know": ("/token", (400, b'{"error": "invalid_grant"}'), 401),
    "a failure": ("/token", (500, b"{}"), 503),
    "no JSON": ("/token", (200, b"<html>"), 503),
    "no object": ("/token", (200, b"[]"), 503),
    "no text": ("/token", (200, b"\xff\xfe"), 503),
    "too many levels": ("/token", (200, DEEP), 503),
    "too much": ("/token", (200, b" " * (provider_requests.MOST + 1)), 503),
    "a redirect": ("/token", (302, b"{}"), 401),
    "no keys": ("/keys", (200, b'{"keys": []}'), 401),
    "keys that are none": ("/keys", (200, b'{"keys": [7, null, {"kty": "EC"}]}'), 401),
    "keys of another form": ("/keys", (200, b'{"keys": {"kty": "EC"}}'), 401),
    "somebody else": ("/userinfo", (200, b'{"sub": "adam", "groups": ["admins"]}'), 401),
    "nobody": ("/userinfo", (403, b"{}"), 503),
    "nothing of itself": ("/.well-known/openid-configuration", (404, b"{}"), 503),
    "another issuer": ("/.well-known/openid-configuration", (200, b'{"issuer": "https://login.example.com"}'), 503),
}


@pytest.mark.parametrize(("path", "given", "status"), ANSWERS.values(), ids=ANSWERS)
def test_a_wrong_answer_of_the_provider_is_a_page_that_says_so(
    client: FlaskClient, provider: Hostile, path: str, given: tuple[int, bytes], status: int
) -> None:
    provider.answers[path] = given
    answer = client.get(START) if path.endswith("configuration") else sign_in(client, provider)
    assert (answer.status_code, is_out(client)) == (status, True), answer.text
    assert "Begin the sign-in again" in answer.text


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize(
    "to", ["http://login.example.com/x", "javascript:alert(1)", "", None, 7, "//x/", "https://u:p@h/"]
)
def test_no_address_is_taken_that_is_not_https(client: FlaskClient, provider: Hostile, name: str, to: object) -> None:
    metadata = json.loads(provider.answer("/.well-known/openid-configuration")[1])
    provider.answers["/.well-known/openid-configuration"] = 200, json.dumps({**metadata, name: to}).encode()
    assert client.get(START).status_code == 503


def test_the_address_to_sign_out_at_is_looked_at_too(client: FlaskClient, provider: Hostile) -> None:
    metadata = json.loads(provider.answer("/.well-known/openid-configuration")[1])
    for to in ("javascript:alert(1)", "http://login.example.com/"):
        content = json.dumps({**metadata, "end_session_endpoint": to}).encode()
        provider.answers["/.well-known/openid-configuration"] = 200, content
        page = client.get("/account/sso/signed-out")
        assert page.status_code == 200
        assert to not in page.text


def test_a_callback_that_no_sign_in_of_this_browser_began_lets_nobody_in(
    client: FlaskClient, provider: Hostile
) -> None:
    state = asked(client, provider)
    stranger = client.application.test_client()
    for given in ({}, {"code": "any"}, {"state": state, "code": "any"}):
        assert stranger.get(CALLBACK, query_string=given).status_code == 401
    assert client.get(f"{CALLBACK}?state=%C3%A9%ED%B3%BF%FF&code=x").status_code == 401
    for given in (
        {"code": "any"},
        {"state": "", "code": "any"},
        {"state": state},
        {"state": state, "code": "x" * 5000},
    ):
        assert client.get(CALLBACK, query_string=given).status_code == 401
    for issuer in ("https://login.example.com", ""):
        given = {"state": state, "code": "any", "iss": issuer}
        assert "another provider" in problem(client.get(CALLBACK, query_string=given))
    shown = client.get(CALLBACK, query_string={"state": state, "error": "<b>x</b>", "error_description": "Call 555"})
    assert (shown.status_code, "<b>" in shown.text, "555" in shown.text) == (401, False, False)
    assert "/token" not in provider.asked
    assert client.get(CALLBACK, query_string={"state": state, "code": "any"}).status_code == 302, "this one began it"


def test_a_cookie_is_good_for_ten_minutes_and_for_what_it_was_made_for(client: FlaskClient, provider: Hostile) -> None:
    state = asked(client, provider)
    begun = {"state": state, "nonce": provider.nonce, "verifier": "v" * 43, "onwards": "/", "links": False}
    given = {"state": state, "code": "any"}
    with client.application.app_context():
        old = encrypt(json.dumps(["begun", int(time.time()) - flow.LIFE - 1, begun]))
        other = flow.sealed("person", begun)
        good = flow.sealed("begun", begun)
    for cookie in (old, other, good[:-2] + "AA", "", "x" * 4000, "é"):
        client.set_cookie("csvapi-sign-on", cookie)
        assert client.get(CALLBACK, query_string=given).status_code == 401, cookie[:20]
    assert client.get("/account/sso/finish").status_code == 401
    client.set_cookie("csvapi-sign-on", good)
    assert client.get(CALLBACK, query_string=given).status_code == 302


FOREIGN = (
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "/#/\\x",
    "javascript:alert(1)",
    "/api/v1/me",
    "/account/sso/start",
    "/admin/\n//x",
    "admin/",
    "/#",
    "/#/é",
    "/admin/" + "x" * 2000,
    "/administration",
)


@pytest.mark.parametrize("to", FOREIGN)
def test_a_sign_in_goes_on_to_pages_of_csvapi_alone(client: FlaskClient, provider: Hostile, to: str) -> None:
    query = parse_qs(urlsplit(client.get(f"{START}?next={quote(to)}").headers["Location"]).query)
    provider.nonce = query["nonce"][0]
    answer = client.get(CALLBACK, query_string={"state": query["state"][0], "code": "any"})
    assert answer.headers["Location"] == "/"


def test_no_other_site_finishes_what_was_begun(client: FlaskClient, provider: Hostile) -> None:
    provider.claims = {"sub": "frida", "email": "frida@example.com", "groups": []}
    query = parse_qs(urlsplit(client.get(f"{START}?link=1").headers["Location"]).query)
    provider.nonce = query["nonce"][0]
    client.get(CALLBACK, query_string={"state": query["state"][0], "code": "any"})
    for path in ("create", "link", "confirm"):
        body = {"email": "frida@example.com", "password": "x", "code": "1"}
        assert client.post(f"/account/sso/{path}", data=body).status_code == 400
    assert is_out(client)


def test_a_silent_provider_holds_few_threads_and_not_for_long(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with application(environ, **settings(issuer)) as app:
            answers: list[tuple[int, float]] = []

            def ask(app: Flask = app) -> None:
                began = time.monotonic()
                status = app.test_client().get(START).status_code
                answers.append((status, time.monotonic() - began))

            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert [status for status, _ in answers] == [503] * 8
    took = sorted(seconds for _, seconds in answers)
    assert took[6] < provider_requests.WITHIN, "one waits for the provider, the others are told that it takes long"
    assert took[7] < 2 * provider_requests.WITHIN


def test_there_is_no_single_sign_on_where_none_is_set(environ: dict[str, str]) -> None:
    with application(environ) as app:
        client = app.test_client()
        for path in ("start", "callback", "finish", "signed-out"):
            assert client.get(f"/account/sso/{path}").status_code == 404
        assert "Sign in with" not in client.get("/admin/login/").text


def test_sign_ins_are_counted_by_address(environ: dict[str, str], provider: Hostile) -> None:
    with application(environ, **settings(provider.url), CSVAPI_RATE_LIMITS="on") as app:
        client = app.test_client()
        statuses = [client.get(CALLBACK).status_code for _ in range(121)]
        assert statuses == [401] * 120 + [429]
        assert "Retry-After" in client.get(START).headers
