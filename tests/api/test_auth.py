"""Register, login, refresh: what the published contract says, word for word."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient

from csvapi import config
from csvapi.app import create_app
from csvapi.services import passwords
from tests.stack import PASSWORD, SECRETS, Account, environment


def body(**more: str) -> dict[str, str]:
    return {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "confirm_password": PASSWORD, **more}


@pytest.mark.parametrize("path", ["/api/register/", "/api/register"])
@pytest.mark.parametrize("kind", ["json", "data"])
def test_register_takes_json_and_forms_with_and_without_the_slash(client: FlaskClient, path: str, kind: str) -> None:
    answer = client.post(path, **{kind: body()})
    assert answer.status_code == 201
    assert answer.json["message"] == "Registration successful"
    assert isinstance(answer.json["user_id"], int)


def test_register_takes_multipart(client: FlaskClient) -> None:
    assert client.post("/api/register/", data=body(), content_type="multipart/form-data").status_code == 201


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"email": ""}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "x" * 300 + "@example.com"}, "email"),
        ({"password": "short", "confirm_password": "short"}, "at least 8"),
        ({"password": "password1", "confirm_password": "password1"}, "common"),
        ({"password": "8675309867", "confirm_password": "8675309867"}, "digits"),
        ({"password": "x" * 1025, "confirm_password": "x" * 1025}, "at most 1024"),
        ({"password": "x" * 200_000, "confirm_password": "x" * 200_000}, "password"),
        ({"confirm_password": "something else"}, "Password and confirm password do not match"),
        (
            {"email": "grace.hopper@example.com", "password": "grace.hopper1", "confirm_password": "grace.hopper1"},
            "similar",
        ),
    ],
)
def test_register_refuses_and_names_the_field(client: FlaskClient, change: dict[str, str], says: str) -> None:
    answer = client.post("/api/register/", json=body(**change))
    assert answer.status_code == 400
    assert says in answer.json["error"]


@pytest.mark.parametrize("field", ["email", "password", "confirm_password"])
def test_register_names_the_missing_field(client: FlaskClient, field: str) -> None:
    complete = body()
    del complete[field]
    answer = client.post("/api/register/", json=complete)
    assert (answer.status_code, answer.json) == (400, {"error": f"{field}: this field is required"})


def test_an_email_is_taken_in_any_case(client: FlaskClient, account: Account) -> None:
    answer = client.post("/api/register/", json=body(email=account.email.upper()))
    assert answer.status_code == 400
    assert "already exists" in answer.json["error"]


def test_of_two_registrations_at_once_one_wins(app: Flask) -> None:
    same = body()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: app.test_client().post("/api/register/", json=same), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400, 400, 400]


def test_login_gives_tokens_with_the_published_claims(client: FlaskClient, account: Account) -> None:
    answer = client.post("/api/login/", data={"email": account.email.title(), "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json.keys() == {"message", "access_token", "refresh_token"}
    claims = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    assert claims["token_type"] == "access"
    assert claims["user_id"] == account.id
    assert claims["exp"] - claims["iat"] == 3600
    assert len(claims["jti"]) > 20


def test_wrong_password_and_unknown_user_look_and_cost_the_same(client: FlaskClient, account: Account) -> None:
    def attempt(email: str) -> tuple[int, Any, float]:
        started = time.process_time()
        answer = client.post("/api/login/", json={"email": email, "password": "not the password"})
        return answer.status_code, answer.json, time.process_time() - started

    known = [attempt(account.email) for _ in range(3)]
    unknown = [attempt("nobody@example.com") for _ in range(3)]
    assert {(s, str(b)) for s, b, _ in known + unknown} == {(401, "{'error': 'Invalid email or password'}")}
    assert min(c for *_, c in unknown) > 0.3 * min(c for *_, c in known)  # both pay for the hash


@pytest.mark.parametrize("kind", ["json", "data"])
@pytest.mark.parametrize("sent", [{}, {"email": ""}, {"email": "ada@example.com"}, {"password": PASSWORD}])
def test_login_without_email_or_password_is_401(client: FlaskClient, kind: str, sent: dict[str, str]) -> None:
    answer = client.post("/api/login/", **{kind: sent})
    assert (answer.status_code, answer.json) == (401, {"error": "Invalid email or password"})


def test_login_with_null_is_401_and_with_another_type_400(client: FlaskClient) -> None:
    assert client.post("/api/login/", json={"email": None, "password": None}).status_code == 401
    assert client.post("/api/login/", json={"email": "ada@example.com", "password": 5}).status_code == 400


def test_repeated_failures_are_throttled_for_that_account_alone(environ: dict[str, str], app: Flask) -> None:
    throttled = create_app(config.load({**environ, "CSVAPI_RATE_LIMITS": "on"})).test_client()
    email = f"{uuid4().hex}@example.com"
    wrong = {"email": email, "password": "not the password"}
    statuses = [throttled.post("/api/login/", json=wrong).status_code for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    refused = throttled.post("/api/login/", json=wrong)
    assert 0 < int(refused.headers["Retry-After"]) <= 301
    assert "try again" in refused.json["error"]
    assert refused.headers["RateLimit-Policy"] == '"too_many_requests";q=5'
    assert throttled.post("/api/login/", json={**wrong, "email": f"{uuid4().hex}@example.com"}).status_code == 401


def refresh(client: FlaskClient, token: Any) -> Any:
    return client.post("/api/token/refresh/", json={"refresh": token})


def test_refresh_rotates_and_reuse_revokes_the_family(client: FlaskClient, account: Account) -> None:
    first = refresh(client, account.refresh)
    assert first.status_code == 200
    assert first.json.keys() == {"access", "refresh"}
    assert (
        client.get("/api/task-status/", headers={"Authorization": f"Bearer {first.json['access']}"}).status_code == 400
    )
    replay = refresh(client, account.refresh)
    assert (replay.status_code, replay.json["code"]) == (401, "token_not_valid")
    assert refresh(client, first.json["refresh"]).status_code == 401  # the thief and the owner are both out
    again = client.post("/api/login/", json={"email": account.email, "password": PASSWORD})
    assert refresh(client, again.json["refresh_token"]).status_code == 200  # another family lives


def test_of_concurrent_uses_of_one_refresh_token_exactly_one_succeeds(app: Flask, account: Account) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(app.test_client(), account.refresh).status_code, range(8)))
    assert sorted(answers) == [200] + [401] * 7


@pytest.mark.parametrize("token", ["", None, "x", "a.b.c", 5, ["x"]])
def test_refresh_refuses_what_is_no_token(client: FlaskClient, token: object) -> None:
    answer = refresh(client, token)
    assert answer.status_code in {400, 401}


def test_refresh_missing_and_wrong_type(client: FlaskClient, account: Account) -> None:
    missing = client.post("/api/token/refresh/", json={})
    assert (missing.status_code, list(missing.json)) == (400, ["refresh"])
    wrong = refresh(client, account.access)
    assert (wrong.status_code, wrong.json["code"]) == (401, "token_not_valid")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer a.b.c", "bearer " + "x" * 9000])
def test_no_valid_token_is_401_with_a_challenge(client: FlaskClient, header: str) -> None:
    for path in ("/api/upload-csv/", "/api/perform-operation/"):
        answer = client.post(path, headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.json.keys() == {"detail", "code"}
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_refresh_tokens_and_forged_tokens_open_nothing(client: FlaskClient, account: Account) -> None:
    forged = jwt.encode({"user_id": account.id, "token_type": "access", "exp": 9_999_999_999}, "k" * 40)
    none = jwt.encode({"user_id": account.id, "token_type": "access"}, "", algorithm="none")
    for token in (account.refresh, forged, none):
        answer = client.get("/api/task-status/?task_id=x", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


def test_an_expired_access_token_says_so(client: FlaskClient, account: Account) -> None:
    claims = {"user_id": account.id, "token_type": "access", "type": "access", "jti": "x", "fresh": False, "exp": 1}
    token = jwt.encode(claims, SECRETS["CSVAPI_JWT_KEY"])
    answer = client.get("/api/task-status/?task_id=x", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert "expired" in answer.json["detail"]


def test_tokens_can_be_signed_with_a_private_key(tmp_path: Path, environ: dict[str, str], app: Flask) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    more = {"CSVAPI_JWT_ALGORITHM": "EdDSA", "CSVAPI_JWT_KEY": pem.replace("\n", "\\n")}
    client = create_app(
        config.load(environment(environ["DATABASE_URL"], environ["REDIS_URL"], tmp_path, **more))
    ).test_client()
    complete = body()
    client.post("/api/register/", json=complete)
    pair = client.post("/api/login/", json=complete).json
    assert jwt.get_unverified_header(pair["access_token"])["alg"] == "EdDSA"
    assert refresh(client, pair["refresh_token"]).status_code == 200


def test_enough_common_passwords_are_known() -> None:
    """Of those that are long enough: shorter ones are refused for their length (OWASP ASVS 5.0.0, 6.2.4)."""
    known = passwords._common()
    assert sum(len(word) >= passwords.MIN_LENGTH for word in known) >= 3_000
