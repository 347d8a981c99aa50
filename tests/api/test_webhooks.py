"""Webhooks: signed so that the standard's own library takes them, repeated, bounded, and never sent inwards."""

from __future__ import annotations

import ipaddress
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import transaction
from csvapi.models import Delivery, now
from csvapi.services import webhook_delivery, webhook_outbox, webhooks
from tests.api.v1 import V1, problem
from tests.receiver import Receiver, receiver
from tests.stack import Account

__all__ = ["receiver"]
PEOPLE = b"id,name\n7,Ada\n7,Ada\n"


@pytest.fixture
def open_app(app: Flask, environ: dict[str, str]) -> Flask:
    """The same installation, allowed to reach this machine."""
    return create_app(config.load({**environ, "CSVAPI_WEBHOOK_PRIVATE": "on"}))


@pytest.fixture
def v1(open_app: Flask, account: Account) -> V1:
    account.client = open_app.test_client()
    return V1(account)


def send(app: Flask) -> None:
    """What the scheduler does every second."""
    with app.app_context():
        while webhook_outbox.announce() + webhook_outbox.send_due(app):
            pass


def due(app: Flask) -> None:
    """Let the time until the next attempts pass."""
    with app.app_context(), transaction() as session:
        later = Delivery.next_at.is_not(None)
        session.execute(update(Delivery).where(later).values(next_at=now() - timedelta(seconds=1)))


def hook(v1: V1, receiver: Receiver, **body: Any) -> dict[str, Any]:
    return dict(v1.ok("POST", "/webhooks", json={"url": receiver.url, **body}))


def log(v1: V1, made: dict[str, Any]) -> list[dict[str, Any]]:
    return list(v1.ok("GET", f"/webhooks/{made['id']}/deliveries")["items"])


@pytest.mark.usefixtures("worker")
def test_the_end_of_a_task_is_told_and_signed(v1: V1, receiver: Receiver, open_app: Flask) -> None:
    made, other = hook(v1, receiver, events=["task.succeeded"]), hook(v1, receiver, events=["task.failed"])
    task = v1.run(PEOPLE, {"op": "dedup"})
    send(open_app)
    send(open_app)
    assert len(receiver.received) == 1, "told once, however often it is looked for"
    headers, body = receiver.received[0]
    message = Verifier(made["secret"]).verify(body, headers)
    assert message["type"] == "task.succeeded"
    assert (message["data"]["id"], message["data"]["result"]) == (task["id"], task["result"])
    assert datetime.fromisoformat(message["timestamp"]).tzinfo == UTC
    with pytest.raises(WebhookVerificationError):
        Verifier(made["secret"]).verify(body.replace(b"succeeded", b"failed"), headers)
    assert log(v1, other) == [], "that is not what it asked for"
    delivery = log(v1, made)[0]
    assert (delivery["id"], delivery["status"], delivery["next_at"]) == (headers["webhook-id"], "delivered", None)
    assert delivery["attempts"][0]["status"] == 204


def test_failures_are_repeated_by_the_schedule_with_the_same_id(v1: V1, receiver: Receiver, open_app: Flask) -> None:
    made = hook(v1, receiver)
    receiver.status = 500
    v1.ok("POST", f"/webhooks/{made['id']}/test")
    waits = []
    for _ in range(len(webhook_outbox.SCHEDULE)):
        send(open_app)
        entry = log(v1, made)[0]
        at = datetime.fromisoformat(entry["attempts"][-1]["at"])
        waits.append((datetime.fromisoformat(entry["next_at"]) - at).total_seconds())
        due(open_app)
    send(open_app)
    assert waits == [pytest.approx(each * 1.05, rel=0.06) for each in webhook_outbox.SCHEDULE]
    final = log(v1, made)[0]
    assert (final["status"], final["next_at"], len(final["attempts"])) == ("failed", None, 10)
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
    assert v1.ok("GET", f"/webhooks/{made['id']}")["disabled_reason"]
    problem(v1.post(f"/webhooks/{made['id']}/test"), 409, "conflict")


def test_a_message_is_sent_again_with_the_same_id(v1: V1, other: Account, receiver: Receiver, open_app: Flask) -> None:
    made = hook(v1, receiver)
    v1.ok("POST", f"/webhooks/{made['id']}/test")
    path = f"/webhooks/{made['id']}/deliveries/{log(v1, made)[0]['id']}/resend"
    problem(v1.post(path), 409, "conflict")  # it is due
    send(open_app)
    receiver.status = 500
    assert v1.ok("POST", path)["status"] == "pending"
    send(open_app)
    later = log(v1, made)[0]
    assert (later["status"], [each["status"] for each in later["attempts"]]) == ("pending", [204, 500])
    wait = datetime.fromisoformat(later["next_at"]) - datetime.fromisoformat(later["attempts"][1]["at"])
    assert wait.total_seconds() >= webhook_outbox.SCHEDULE[1], "the schedule goes on"
    receiver.status = 204
    v1.ok("POST", path)
    send(open_app)
    assert log(v1, made)[0]["status"] == "delivered"
    assert [headers["webhook-id"] for headers, _ in receiver.received] == [later["id"]] * 3
    theirs, second = V1(other), hook(v1, receiver)
    problem(theirs.post(path), 404, "not_found")
    problem(v1.post(path.replace(f"/{made['id']}/", f"/{second['id']}/")), 404, "not_found")
    problem(v1.post(path.replace(later["id"], "msg_0")), 404, "not_found")


def test_resending_has_its_limits(v1: V1, receiver: Receiver, open_app: Flask) -> None:
    made = hook(v1, receiver)
    v1.ok("POST", f"/webhooks/{made['id']}/test")
    send(open_app)
    path = f"/webhooks/{made['id']}/deliveries/{log(v1, made)[0]['id']}/resend"
    for _ in range(webhooks.MOST_TESTS):
        v1.ok("POST", f"/webhooks/{made['id']}/test")
    problem(v1.post(path), 429, "quota_exceeded")
    send(open_app)
    with open_app.app_context(), transaction() as session:
        tries = [{"at": now().isoformat(), "status": 204, "ms": 1}] * webhooks.MOST_ATTEMPTS
        session.execute(update(Delivery).values(attempts=tries))
    problem(v1.post(path), 429, "quota_exceeded")
    receiver.status = 410
    v1.ok("POST", f"/webhooks/{made['id']}/test")
    send(open_app)
    assert "disabled" in problem(v1.post(path), 409, "conflict")["detail"]


def test_gone_disables_and_redirects_are_not_followed(v1: V1, receiver: Receiver, open_app: Flask) -> None:
    made = hook(v1, receiver)
    receiver.status = 302
    v1.ok("POST", f"/webhooks/{made['id']}/test")
    send(open_app)
    assert len(receiver.received) == 1
    assert log(v1, made)[0]["status"] == "pending"
    receiver.status = 410
    due(open_app)
    send(open_app)
    assert log(v1, made)[0]["status"] == "failed"
    assert "410" in v1.ok("GET", f"/webhooks/{made['id']}")["disabled_reason"]


def test_nothing_answers(v1: V1, open_app: Flask) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, but nobody listens
        made = v1.ok("POST", "/webhooks", json={"url": f"http://127.0.0.1:{closed.getsockname()[1]}/"})
        v1.ok("POST", f"/webhooks/{made['id']}/test")
        send(open_app)
    entry = log(v1, made)[0]["attempts"][0]
    assert entry["status"] is None
    assert "Refused" in entry["detail"]


INWARD = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "ff02::1",
    "fec0::1",
    "3fff:fff::1",
    "192.88.99.1",
    "2001:4860:4860::8888%25eth0",
    "127.1",
    "0x7f000001",
    "10.0.0.1.",
]


@pytest.mark.parametrize("address", INWARD)
def test_addresses_inside_are_refused(app: Flask, account: Account, address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with app.app_context():
        assert webhook_delivery.post(f"https://{host}/", b"", {}).status == 0
    problem(V1(account).post("/webhooks", json={"url": f"https://{host}/x"}), 422, "invalid_input", "/url")


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111"])
def test_public_addresses_are_allowed(app: Flask, address: str) -> None:
    with app.app_context():
        assert webhook_delivery.allowed(ipaddress.ip_address(address))


def test_names_of_inside_addresses_are_refused_when_connecting(app: Flask, receiver: Receiver) -> None:
    """The name passes, as a public one would; what it resolves to at the moment of the connection does not."""
    port = receiver.server_address[1]
    with app.app_context():
        answer = webhook_delivery.post(f"https://localhost:{port}/", b"{}", {})
    assert answer.status == 0
    assert "must not reach" in answer.detail
    assert receiver.received == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://u:p@example.com/",
        "https://",
        "x",
        "https://a b/",
        "https://[::1",
    ],
)
def test_other_urls_are_refused(account: Account, url: str) -> None:
    problem(V1(account).post("/webhooks", json={"url": url}), 422, "invalid_input", "/url")


def test_secrets_and_webhooks_are_their_owners(v1: V1, other: Account, receiver: Receiver) -> None:
    made = hook(v1, receiver)
    assert "secret" not in v1.ok("GET", "/webhooks")["items"][0]
    theirs = V1(other)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
        for number in (made["id"], 10**6, 10**30):
            problem(theirs.call(method, f"/webhooks/{number}{path}"), 404, "not_found")
    assert v1.call("DELETE", f"/webhooks/{made['id']}").status_code == 204
    problem(v1.get(f"/webhooks/{made['id']}"), 404, "not_found")
