"""Whatever comes at once, no count passes its limit: on both databases, by real requests."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.test import TestResponse

from csvapi.extensions import transaction
from csvapi.models import ApiKey, Webhook
from csvapi.services import api_keys, webhooks
from tests.services.alone import alone, ann, application, bob, environ
from tests.stack import PASSWORD, Account

__all__ = ["alone", "ann", "bob", "environ"]
AT_ONCE = 16


def at_once(app: Flask, request: Callable[[FlaskClient, int], TestResponse], calls: int = AT_ONCE) -> list[int]:
    """The statuses of so many requests that begin together."""
    together = Barrier(calls)

    def one(number: int) -> int:
        client = app.test_client()
        together.wait()
        return request(client, number).status_code

    with ThreadPoolExecutor(calls) as pool:
        return sorted(pool.map(one, range(calls)))


def nearly(kind: type[ApiKey | Webhook], most: int, **values: Any) -> None:
    """All but three of what a user may have."""
    rows = [{name: each(n) if callable(each) else each for name, each in values.items()} for n in range(most - 3)]
    with transaction() as session:
        session.execute(insert(kind), rows)


def test_racing_requests_do_not_exceed_the_number_of_keys(alone: Flask, ann: Account) -> None:
    nearly(ApiKey, api_keys.MOST, user_id=ann.id, name="x", hint="x", secret_hash=lambda n: f"{ann.id}-{n}")
    found = at_once(
        alone, lambda client, _: client.post("/api/v1/api-keys", headers=ann.headers, json={"name": "one more"})
    )
    assert found == [201] * 3 + [429] * (AT_ONCE - 3)
    assert len(api_keys.mine(ann.id)) == api_keys.MOST


def test_racing_requests_do_not_exceed_the_number_of_webhooks(alone: Flask, ann: Account) -> None:
    nearly(Webhook, webhooks.MOST, user_id=ann.id, url="https://example.com/", events=["task.failed"], secret="x")
    body = {"url": "https://example.com/hook"}
    found = at_once(alone, lambda client, _: client.post("/api/v1/webhooks", headers=ann.headers, json=body))
    assert found == [201] * 3 + [429] * (AT_ONCE - 3)
    assert len(webhooks.mine(ann.id)) == webhooks.MOST


def test_racing_requests_make_one_hash_key_of_a_name(alone: Flask, ann: Account) -> None:
    body = {"name": "partners"}
    found = at_once(alone, lambda client, _: client.post("/api/v1/hash-keys", headers=ann.headers, json=body))
    assert found == [201] + [409] * (AT_ONCE - 1)


def test_racing_uploads_do_not_exceed_the_number_of_files(environ: dict[str, str], alone: Flask, ann: Account) -> None:
    def upload(client: FlaskClient, number: int) -> TestResponse:
        return client.post(
            f"/api/v1/files?name={number}.csv", headers=ann.headers, data=b"a\n1\n", content_type="text/csv"
        )

    with application(environ, CSVAPI_MAX_FILES="4") as app:
        assert at_once(app, upload) == [201] * 4 + [429] * (AT_ONCE - 4)


def test_guesses_at_once_reach_the_hash_no_more_often_than_the_limit(environ: dict[str, str], ann: Account) -> None:
    with application(environ, CSVAPI_RATE_LIMITS="on") as app:
        wrong = {"email": ann.email, "password": "not the password"}
        found = at_once(app, lambda client, _: client.post("/api/login/", json=wrong), 40)
        assert found == [401] * 5 + [429] * 35
        again = app.test_client().post("/api/login/", json={"email": ann.email, "password": PASSWORD})
        assert again.status_code == 429


def test_right_logins_at_once_are_at_most_asked_to_come_again(environ: dict[str, str], bob: Account) -> None:
    right = {"email": bob.email, "password": PASSWORD}

    def login(client: FlaskClient, _: int) -> TestResponse:
        while (answer := client.post("/api/login/", json=right)).status_code == 429:
            assert answer.headers["Retry-After"] == "1"
        return answer

    with application(environ, CSVAPI_RATE_LIMITS="on") as app:
        assert at_once(app, login, 7) == [200] * 7
