"""What every request passes: hosts, cross-origin calls, headers."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from csvapi import config
from csvapi.api.request_hooks import is_trusted, trusted_hosts
from csvapi.app import create_app
from tests.stack import Account

FORGED = [
    "evil.example",
    "localhost.evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
]


def client_with(environ: dict[str, str], **settings: str) -> FlaskClient:
    return create_app(config.load({**environ, **settings})).test_client()


@pytest.mark.parametrize("host", [*FORGED, "", "a b", "x" * 300, "[::1", "localhost:99999x"])
def test_a_forged_host_is_refused_and_not_repeated(client: FlaskClient, host: str) -> None:
    for path in ("/swagger/", "/", "/api/task-status/", "/nowhere"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.text + str(answer.headers)
    assert client.get("/healthz", headers={"Host": "10.1.2.3:8000"}).status_code == 200  # a probe calls by address


@pytest.mark.usefixtures("worker")
def test_a_forged_host_never_appears_in_a_link(environ: dict[str, str], app: Flask, account: Account) -> None:
    task_id = account.start(account.upload(b"a\n1\n"), "dedup")
    assert account.finished(task_id)["result"]["file_link"].startswith("http://localhost/")
    path = f"/api/task-status/?task_id={task_id}"
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    for settings in ({}, {"CSVAPI_PUBLIC_URL": "https://csv.example.org"}, {"CSVAPI_TRUSTED_HOSTS": "csv.example.org"}):
        client = client_with(environ, **settings)
        for headers in (forged, *({"Host": host} for host in FORGED)):
            answer = client.get(path, headers={**account.headers, **headers})
            assert "evil" not in answer.text
    public = client_with(environ, CSVAPI_PUBLIC_URL="https://csv.example.org").get(path, headers=account.headers)
    assert public.json["result"]["file_link"].startswith("https://csv.example.org/api/download/")


@pytest.mark.parametrize(
    ("settings", "host", "trusted"),
    [
        ({}, "LOCALHOST:8000", True),
        ({}, "[::1]:8000", True),
        ({}, "192.168.1.5:8000", False),
        ({"CSVAPI_HOST": "192.168.1.5"}, "192.168.1.5:8000", True),
        ({"CSVAPI_HOST": "0.0.0.0"}, "192.168.1.5:8000", False),
        ({"CSVAPI_PUBLIC_URL": "https://csv.example.org/"}, "csv.example.org", True),
        ({"CSVAPI_PUBLIC_URL": "https://csv.example.org/"}, "example.org", False),
        ({"CSVAPI_TRUSTED_HOSTS": "web, .example.org"}, "web:8000", True),
        ({"CSVAPI_TRUSTED_HOSTS": "web, .example.org"}, "a.b.example.org", True),
        ({"CSVAPI_TRUSTED_HOSTS": "web, .example.org"}, "badexample.org", False),
    ],
)
def test_which_hosts_are_trusted(settings: dict[str, str], host: str, trusted: bool) -> None:
    assert is_trusted(host, trusted_hosts(config.load(settings))) is trusted


def test_a_trusted_proxy_names_the_host(environ: dict[str, str]) -> None:
    client = client_with(environ, CSVAPI_PROXIES="1", CSVAPI_TRUSTED_HOSTS="csv.example.org")
    assert client.get("/swagger/", headers={"Host": "web", "X-Forwarded-Host": "csv.example.org"}).status_code == 200
    assert client.get("/swagger/", headers={"Host": "web", "X-Forwarded-Host": "evil.example"}).status_code == 400


def preflight(client: FlaskClient, origin: str) -> str | None:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return client.options("/api/upload-csv/", headers=headers).headers.get("Access-Control-Allow-Origin")


def test_other_origins_are_refused_unless_they_are_named(environ: dict[str, str], client: FlaskClient) -> None:
    named = client_with(environ, CSVAPI_CORS_ORIGINS="https://app.example.org, https://b.example.org")
    assert preflight(client, "https://app.example.org") is None
    assert preflight(named, "https://app.example.org") == "https://app.example.org"
    for origin in ("https://evil.example", "null", "https://app.example.org.evil.example", "http://app.example.org"):
        assert preflight(named, origin) is None
    answer = named.get("/api/task-status/", headers={"Origin": "https://b.example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://b.example.org"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_cookies_are_guarded_and_https_is_remembered(environ: dict[str, str]) -> None:
    for url, secure in (("", False), ("https://csv.example.org", True)):
        client = client_with(environ, CSVAPI_PUBLIC_URL=url)
        settings = client.application.config
        assert settings["SESSION_COOKIE_HTTPONLY"] is True
        assert settings["SESSION_COOKIE_SAMESITE"] == "Lax"
        assert settings["SESSION_COOKIE_SECURE"] is secure
        assert settings["SESSION_COOKIE_NAME"].startswith("__Host-") is secure
        assert ("Strict-Transport-Security" in client.get("/healthz").headers) is secure


@pytest.mark.parametrize(("given", "kept"), [("abc-123", True), ("x" * 65, False), ("a b", False), ("é", False)])
def test_a_plain_request_id_is_kept(client: FlaskClient, given: str, kept: bool) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is kept
    assert len(answer.headers["X-Request-ID"]) >= 7


@pytest.mark.parametrize("path", ["register", "token/refresh", "upload-csv", "task-status", "logout", "download/x"])
def test_a_path_refuses_with_and_without_its_slash_alike(client: FlaskClient, path: str) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        bare, slashed = (client.open(f"/api/{path}{end}", method=method) for end in ("", "/"))
        assert bare.status_code == slashed.status_code == (200 if method == "OPTIONS" else 405)
        assert set(bare.allow) == set(slashed.allow) != set()
        assert ("Content-Type" in bare.headers) == (method != "OPTIONS"), "nothing is no HTML"


def test_the_scheme_of_a_token_is_in_any_case(account: Account) -> None:
    for scheme in ("bearer", "BEARER"):
        answer = account.client.get("/api/v1/me", headers={"Authorization": f"{scheme} {account.access}"})
        assert answer.status_code == 200
