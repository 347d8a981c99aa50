"""Keys of hashes: named by steps, never shown, their owner's alone."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import db
from tests.api.v1 import V1, problem
from tests.stack import Account

SECRET = "what nobody else knows: 5f0c1d2e3f40"
PEOPLE = b"id,email\n1,ada@example.com\n2,\n"
HASH: dict[str, Any] = {"op": "derive", "column": "who", "hash": {"column": "email", "key": "partners"}}


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def made(v1: V1, **body: Any) -> dict[str, Any]:
    return dict(v1.ok("POST", "/hash-keys", json={"name": "partners", "secret": SECRET, **body}))


def hashed(value: str) -> str:
    return hmac.digest(SECRET.encode(), value.encode(), "sha256").hex()


@pytest.mark.usefixtures("worker")
def test_a_task_hashes_with_the_key_that_it_names(v1: V1) -> None:
    key = made(v1)
    task = v1.run(PEOPLE, HASH)
    assert v1.result(task).decode() == f"id,email,who\n1,ada@example.com,{hashed('ada@example.com')}\n2,,\n"
    (step,) = v1.ok("GET", f"{task['links']['self']}/receipt")["receipt"]["steps"]
    assert step["hash"] == {**HASH["hash"], "fingerprint": key["fingerprint"]}
    assert v1.result(v1.run(PEOPLE, step)) == v1.result(task), "the receipt's steps, posted again"


def test_a_preview_hashes_as_the_task_will(v1: V1) -> None:
    made(v1)
    body = {"input": v1.upload(PEOPLE)["id"], "steps": [HASH]}
    items = v1.ok("POST", "/previews", json=body)["result"]["items"]
    assert [item["values"][2] for item in items] == [hashed("ada@example.com"), ""]


@pytest.mark.usefixtures("worker")
def test_the_secret_is_nowhere(v1: V1, app: Flask, environ: dict[str, str]) -> None:
    key = made(v1)
    v1.run(PEOPLE, HASH)
    answers = [v1.get(path).text for path in ("/hash-keys", "/tasks", "/files", "/me/usage")]
    assert "partners" in answers[0]
    with app.app_context(), db.engine.connect() as connection:
        rows = [str(connection.execute(table.select()).all()) for table in db.metadata.sorted_tables]
        sealed = connection.scalar(text("SELECT secret FROM hash_keys WHERE id = :id"), {"id": key["id"]})
        redis = app.extensions["csvapi"].redis
        queued = [str(redis.dump(name)) for name in redis.scan_iter("*", count=1_000)]
    assert str(sealed) in "".join(rows)
    files = [path.read_bytes() for path in Path(environ["CSVAPI_DATA_DIR"]).rglob("*") if path.is_file()]
    assert files
    assert SECRET not in "".join([*answers, *rows, *queued, *(content.decode("latin-1") for content in files)])


def test_a_key_of_a_random_secret_is_another_each_time(v1: V1) -> None:
    first, second = (v1.ok("POST", "/hash-keys", json={"name": name}) for name in ("a", "b"))
    assert set(first) == {"id", "name", "fingerprint", "created_at"}
    assert first["fingerprint"] != second["fingerprint"]
    assert [key["name"] for key in v1.ok("GET", "/hash-keys")["items"]] == ["b", "a"]


def test_the_fingerprint_is_that_of_the_secret(v1: V1, other: Account) -> None:
    assert made(v1)["fingerprint"] == made(V1(other))["fingerprint"]
    assert made(v1, name="x", secret=SECRET + ".")["fingerprint"] != made(v1, name="y")["fingerprint"]


def test_keys_are_their_owners(v1: V1, other: Account) -> None:
    key, stranger = made(v1), V1(other)
    assert stranger.ok("GET", "/hash-keys")["items"] == []
    theirs, absent = (stranger.call("DELETE", f"/hash-keys/{number}") for number in (key["id"], 10**12))
    assert problem(theirs, 404, "not_found")["detail"] == problem(absent, 404, "not_found")["detail"]
    problem(stranger.call("DELETE", f"/hash-keys/{2**63}"), 404, "not_found")
    body = {"input": stranger.upload(PEOPLE)["id"], "steps": [HASH]}
    for path in ("/tasks", "/previews"):
        said = problem(stranger.post(path, json=body), 422, "invalid_input", "/steps/0/hash/key")
        assert "there is no hash key 'partners'" in said["detail"]
    assert v1.call("DELETE", f"/hash-keys/{key['id']}").status_code == 204
    problem(v1.call("DELETE", f"/hash-keys/{key['id']}"), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": "Partners"}, "/name"),
        ({"name": "a=b"}, "/name"),
        ({"name": "x" * 65}, "/name"),
        ({"name": "a", "secret": "a secret too short"}, "/secret"),
        ({"name": "a", "secret": "a secret, a secret, a secret, a secret, a secret"}, "/secret"),
        ({"name": "a", "secret": "a secret of two lines\nof which this is one"}, "/secret"),
        ({"name": "a", "secret": "a secret" * 200}, "/secret"),
        ({"name": "a", "fingerprint": "0" * 16}, "/fingerprint"),
    ],
)
def test_bad_keys_are_refused_and_not_repeated(v1: V1, body: dict[str, Any], pointer: str) -> None:
    answer = v1.post("/hash-keys", json=body)
    problem(answer, 422, "invalid_input", pointer)
    assert "a secret" not in answer.text


def test_a_name_is_given_once(v1: V1) -> None:
    made(v1)
    said = problem(v1.post("/hash-keys", json={"name": "partners"}), 409, "conflict")
    assert "delete it first" in said["detail"]


def test_a_request_that_is_repeated_makes_one_key(v1: V1) -> None:
    header = {"Idempotency-Key": "one key"}
    body = {"name": "partners", "secret": SECRET}
    first, second = (v1.post("/hash-keys", json=body, headers=header) for _ in range(2))
    assert (first.status_code, second.json) == (201, first.json)
    assert len(v1.ok("GET", "/hash-keys")["items"]) == 1
    another = {**body, "secret": SECRET + "."}
    problem(v1.post("/hash-keys", json=another, headers=header), 422, "idempotency_key_reused")


def test_another_key_of_the_name_is_refused(v1: V1) -> None:
    asked = {**HASH, "hash": {**HASH["hash"], "fingerprint": "0" * 16}}
    made(v1)
    body = {"input": v1.upload(PEOPLE)["id"], "steps": [asked]}
    for path in ("/tasks", "/previews"):
        said = problem(v1.post(path, json=body), 422, "invalid_input", "/steps/0/hash/fingerprint")
        assert "another key makes other hashes" in said["detail"]


def test_their_number_is_limited(environ: dict[str, str], account: Account) -> None:
    account.client = create_app(config.load({**environ, "CSVAPI_MAX_HASH_KEYS": "1"})).test_client()
    v1 = V1(account)
    made(v1)
    assert problem(v1.post("/hash-keys", json={"name": "b"}), 429, "quota_exceeded")["limit"] == 1
    assert v1.ok("GET", "/me/usage")["hash_keys"] == {"used": 1, "limit": 1}


def test_a_key_that_cannot_be_decrypted_says_what_to_do(v1: V1, environ: dict[str, str], account: Account) -> None:
    made(v1)
    file_id = v1.upload(PEOPLE)["id"]
    account.client = create_app(
        config.load({**environ, "CSVAPI_SECRET_KEY": "zR8kW3nQ6vYb1mX9tJc4LpH7dSg2fUaE"})
    ).test_client()
    said = problem(v1.post("/previews", json={"input": file_id, "steps": [HASH]}), 422, "invalid_input")
    assert "make it anew with its secret" in said["detail"]
    moved = {"CSVAPI_SECRET_KEY": "zR8kW3nQ6vYb1mX9tJc4LpH7dSg2fUaE"}
    moved["CSVAPI_SECRET_KEY_PREVIOUS"] = environ["CSVAPI_SECRET_KEY"]
    account.client = create_app(config.load({**environ, **moved})).test_client()
    assert v1.post("/previews", json={"input": file_id, "steps": [HASH]}).status_code == 200
