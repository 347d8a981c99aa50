"""Changing keys: what the old one made still opens, and nothing else does."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from flask import Flask
from flask.testing import FlaskClient
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from csvapi import config
from csvapi.app import create_app
from csvapi.errors import InvalidInput
from csvapi.extensions import runtime
from csvapi.keys import Keys, opened_before
from csvapi.services import links
from tests.stack import PASSWORD, Account

CSV = b"a,b\n1,2\n"
OLD, NEW = "Rb7YkW2pXn5QvT9sLc4JzE8hMd3GuA6f", "Xw5NqC8tLz2VkR7mBj4HsP9yDg3FeU6a"


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()).replace("\n", "\\n")


def public_pem(key: Any) -> str:
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def made(algorithm: str) -> Any:
    return Ed25519PrivateKey.generate() if algorithm == "EdDSA" else generate_private_key(65537, 2048)


def client_with(environ: dict[str, str], **settings: str) -> FlaskClient:
    return create_app(config.load({**environ, **settings})).test_client()


def log_in(client: FlaskClient, account: Account) -> dict[str, str]:
    answer = client.post("/api/login/", json={"email": account.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def opens(client: FlaskClient, token: str) -> bool:
    status = client.get("/api/task-status/", headers={"Authorization": f"Bearer {token}"}).status_code
    assert status in {400, 401}
    return status == 400  # 400: signed in, but no task was named


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "EdDSA"])
def test_a_token_of_the_previous_key_opens_until_that_key_is_taken_away(
    environ: dict[str, str], account: Account, algorithm: str
) -> None:
    old, new = (OLD, NEW) if algorithm == "HS256" else (pem(made(algorithm)), pem(made(algorithm)))
    common = {"CSVAPI_JWT_ALGORITHM": algorithm}
    before = client_with(environ, CSVAPI_JWT_KEY=old, **common)
    during = client_with(environ, CSVAPI_JWT_KEY=new, CSVAPI_JWT_KEY_PREVIOUS=old, **common)
    after = client_with(environ, CSVAPI_JWT_KEY=new, **common)
    tokens = log_in(before, account)
    assert opens(during, tokens["access_token"])
    assert not opens(after, tokens["access_token"])
    renewed = during.post("/api/token/refresh/", json={"refresh": tokens["refresh_token"]}).json
    assert opens(after, renewed["access"])
    old_kid, new_kid = (jwt.get_unverified_header(t)["kid"] for t in (tokens["access_token"], renewed["access"]))
    assert old_kid != new_kid
    assert old not in old_kid


def test_the_previous_key_may_be_a_public_key(environ: dict[str, str], account: Account) -> None:
    old = made("EdDSA")
    common = {"CSVAPI_JWT_ALGORITHM": "EdDSA"}
    access = log_in(client_with(environ, CSVAPI_JWT_KEY=pem(old), **common), account)["access_token"]
    during = client_with(environ, CSVAPI_JWT_KEY=pem(made("EdDSA")), CSVAPI_JWT_KEY_PREVIOUS=public_pem(old), **common)
    assert opens(during, access)


def test_a_public_key_is_no_secret_of_hs256(environ: dict[str, str], account: Account) -> None:
    """The classic confusion: a token signed by HS256 with the public key that opens the RS256 ones."""
    key = made("RS256")
    client = client_with(environ, CSVAPI_JWT_ALGORITHM="RS256", CSVAPI_JWT_KEY=pem(key))
    claims = jwt.decode(log_in(client, account)["access_token"], options={"verify_signature": False})
    signing_input = jwt.encode(claims, "x" * 40, headers={"kid": "x"}).rsplit(".", 1)[0]
    from jwt.algorithms import HMACAlgorithm
    from jwt.utils import base64url_encode

    signer = HMACAlgorithm(HMACAlgorithm.SHA256)
    signature = signer.sign(signing_input.encode(), public_pem(key).encode())
    assert not opens(client, f"{signing_input}.{base64url_encode(signature).decode()}")


@pytest.mark.parametrize("kid", ["", "0" * 16, "../../etc/passwd", "x' OR '1'='1", "k" * 4000])
def test_a_key_name_nobody_gave_opens_nothing(client: FlaskClient, kid: str) -> None:
    token = jwt.encode({"user_id": 1, "token_type": "access", "family": "x"}, "z" * 40, headers={"kid": kid})
    assert not opens(client, token)


def test_a_link_of_the_previous_key_opens_until_that_key_is_taken_away(
    environ: dict[str, str], app: Flask, account: Account
) -> None:
    file_id = account.upload(CSV)
    with app.app_context():
        path = f"/api/download/{links.sign(file_id)}/"
    old = environ["CSVAPI_SECRET_KEY"]
    during = client_with(environ, CSVAPI_SECRET_KEY=NEW, CSVAPI_SECRET_KEY_PREVIOUS=old)
    assert during.get(path).data == CSV
    assert client_with(environ, CSVAPI_SECRET_KEY=NEW).get(path).status_code == 403
    with during.application.app_context():
        fresh = f"/api/download/{links.sign(file_id)}/"
    assert client_with(environ, CSVAPI_SECRET_KEY=NEW).get(fresh).data == CSV


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"CSVAPI_JWT_KEY": "x" * 40}, "CSVAPI_JWT_KEY "),
        ({"CSVAPI_JWT_KEY": public_pem(made("EdDSA"))}, "CSVAPI_JWT_KEY "),
        ({"CSVAPI_JWT_KEY": pem(made("RS256"))}, "CSVAPI_JWT_KEY "),
        ({"CSVAPI_JWT_KEY": pem(made("EdDSA")), "CSVAPI_JWT_KEY_PREVIOUS": "x" * 40}, "CSVAPI_JWT_KEY_PREVIOUS "),
        ({"CSVAPI_JWT_ALGORITHM": "RS256", "CSVAPI_JWT_KEY": pem(generate_private_key(65537, 1024))}, "2048 bits"),
    ],
)
def test_a_key_of_another_kind_is_refused_by_name(
    environ: dict[str, str], settings: dict[str, str], variable: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        client_with(environ, **{"CSVAPI_JWT_ALGORITHM": "EdDSA", **settings})
    assert variable in refusal.value.detail
    assert "x" * 40 not in refusal.value.detail


def test_a_token_that_was_verified_before_expires_in_time(app: Flask, account: Account) -> None:
    with app.app_context():
        keys = Keys.of(runtime().settings)
        claims = opened_before(account.access, keys)
        assert opened_before(account.access, keys) is claims, "its signature is not verified again"
        claims["exp"] = time.time()
        with pytest.raises(ExpiredSignatureError):
            opened_before(account.access, keys)
        assert opened_before(account.access, keys)["exp"] > time.time(), "it is not remembered as expired"


def test_another_token_is_not_the_one_that_was_verified(app: Flask, account: Account) -> None:
    with app.app_context():
        keys = Keys.of(runtime().settings)
        opened_before(account.access, keys)
        head, body, signature = account.access.split(".")
        for token in (f"{head}.{body}.{signature[::-1]}", f"{account.access}=", account.access.lower(), ""):
            with pytest.raises((PyJWTError, ValueError)):
                opened_before(token, keys)
        assert len(keys.verified) == 1
