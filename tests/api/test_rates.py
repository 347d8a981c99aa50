"""Requests have a rate, for each user and each address; what it says, what it costs, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import db
from tests.api.v1 import V1, problem
from tests.servers import private_valkey
from tests.stack import Account

BURST = 20


@contextmanager
def limited(environ: dict[str, str], **settings: str) -> Iterator[Flask]:
    """The same installation, with a rate that a test can reach."""
    rate = {"CSVAPI_RATE_LIMITS": "on", "CSVAPI_RATE": "1", "CSVAPI_RATE_BURST": str(BURST)}
    app = create_app(config.load({**environ, **rate, **settings}))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def clients(environ: dict[str, str], app: Flask) -> Iterator[Callable[[], FlaskClient]]:
    with private_valkey() as url, limited({**environ, "REDIS_URL": url}) as slow:
        yield slow.test_client


def test_a_user_who_asks_too_often_waits_and_another_does_not(
    clients: Callable[[], FlaskClient], account: Account, other: Account
) -> None:
    client = clients()
    answers = [client.get("/api/v1/me", headers=account.headers) for _ in range(BURST + 10)]
    assert [each.status_code for each in answers[:BURST]] == [200] * BURST
    first = answers[0]
    assert first.headers["RateLimit-Policy"] == '"requests";q=20;w=20'
    assert first.headers["RateLimit"] == '"requests";r=19;t=1'
    refused = answers[-1]
    assert problem(refused, 429, "too_many_requests")["limit"] == BURST
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit"] == '"requests";r=0;t=1'
    classic = [client.get("/api/task-status/", headers=account.headers) for _ in range(BURST)][-1]
    assert (classic.status_code, list(classic.json)) == (429, ["error"])
    theirs = client.get("/api/v1/me", headers=other.headers)
    assert theirs.status_code == 200
    usage = client.get("/api/v1/me/usage", headers=other.headers).json["limits"]
    assert (usage["requests_per_second"], usage["requests_at_once"]) == (1, BURST)


@pytest.mark.parametrize("path", ["/api/v1/operations", "/api/v1/me", "/nothing/here", "/swagger.json"])
def test_an_address_without_a_user_has_a_rate_of_its_own(clients: Callable[[], FlaskClient], path: str) -> None:
    client = clients()
    wrong = {"Authorization": "Bearer nobody's"}
    assert 429 in {client.get(path, headers=wrong).status_code for _ in range(BURST + 5)}
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get(path, environ_overrides=elsewhere).status_code != 429
    for probe in ("/healthz", "/readyz", "/metrics"):
        assert client.get(probe).status_code == 200


def test_addresses_of_one_network_are_one(clients: Callable[[], FlaskClient]) -> None:
    client = clients()

    def ask(address: str) -> int:
        return client.get("/api/v1/operations", environ_overrides={"REMOTE_ADDR": address}).status_code

    assert 429 in {ask(f"2001:db8:0:1::{n:x}") for n in range(BURST + 5)}
    assert ask("2001:db8:0:2::1") == 200


def test_behind_a_proxy_the_address_is_the_clients(environ: dict[str, str], app: Flask) -> None:
    with private_valkey() as url, limited({**environ, "REDIS_URL": url}, CSVAPI_PROXIES="1") as slow:
        client = slow.test_client()

        def ask(address: str) -> int:
            return client.get("/api/v1/operations", headers={"X-Forwarded-For": address}).status_code

        assert 429 in {ask("203.0.113.1") for _ in range(BURST + 5)}
        assert ask("203.0.113.2") == 200


def test_polls_of_unfinished_tasks_cost_nothing(clients: Callable[[], FlaskClient], account: Account) -> None:
    """No worker listens to this queue: the task stays queued."""
    account.client = clients()
    v1 = V1(account)
    task = v1.submit(v1.upload(b"a\n1\n")["id"], {"op": "dedup"})
    for _ in range(BURST):
        assert v1.get(f"/tasks/{task['id']}").json["status"] == "queued"
        assert account.status(task["id"])["status"] == "PENDING"
    assert v1.post(f"/tasks/{task['id']}/cancel").status_code == 200
    answers = [v1.get(f"/tasks/{task['id']}").status_code for _ in range(BURST)]
    assert answers[0] == 200
    assert answers[-1] == 429, "it has ended: that is a request like any other"


def test_polls_of_what_is_not_ones_own_count(
    clients: Callable[[], FlaskClient], account: Account, other: Account
) -> None:
    account.client = other.client = clients()
    v1 = V1(account)
    task = v1.submit(v1.upload(b"a\n1\n")["id"], {"op": "dedup"})
    answers = [V1(other).get(f"/tasks/{task['id']}").status_code for _ in range(BURST + 5)]
    assert (answers[0], answers[-1]) == (404, 429)


def test_without_redis_there_is_a_rate_and_no_failure(environ: dict[str, str], account: Account) -> None:
    with limited({**environ, "REDIS_URL": "redis://127.0.0.1:1"}) as slow:
        client = slow.test_client()
        answers = [client.get("/api/v1/me", headers=account.headers).status_code for _ in range(BURST + 10)]
    assert (answers[0], answers[-1]) == (200, 429)
    assert set(answers) == {200, 429}


def test_a_rate_of_nothing_is_no_limit(environ: dict[str, str], account: Account) -> None:
    with limited(environ, CSVAPI_RATE="0") as free:
        client = free.test_client()
        answers = [client.get("/api/v1/me", headers=account.headers) for _ in range(BURST + 10)]
    assert {each.status_code for each in answers} == {200}
    assert "RateLimit" not in answers[0].headers
