"""A receiver that keeps silent, or drips, costs its own user's messages time, and nobody else's; by real sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from csvapi.extensions import transaction
from csvapi.models import Delivery, Sent
from csvapi.services import webhook_delivery, webhook_outbox, webhook_senders, webhooks
from tests.api.v1 import V1, problem
from tests.services.alone import alone, ann, application, bob, environ
from tests.stack import Account
from tests.waiting import until

__all__ = ["alone", "ann", "bob", "environ"]


@contextmanager
def listening() -> Iterator[socket.socket]:
    """Takes every connection and says nothing, until the block ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        yield server


def at(server: socket.socket, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{server.getsockname()[1]}/"


@contextmanager
def dripping(head: bytes) -> Iterator[socket.socket]:
    """Answers with this, and then a byte every now and then, without end."""
    with listening() as server:
        done = Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(head)
                while not done.wait(0.02):
                    connection.sendall(b"x")

        thread = Thread(target=drip)
        thread.start()
        yield server
        done.set()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@contextmanager
def answering() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def open_app(environ: dict[str, str], alone: Flask) -> Iterator[Flask]:
    with application(environ, CSVAPI_WEBHOOK_PRIVATE="on") as app:
        yield app
        with transaction() as session:
            session.execute(delete(Delivery))


@contextmanager
def sending(app: Flask) -> Iterator[webhook_senders.Senders]:
    """What the scheduler does, beside the block; what is under way at its end is cut off by the receivers' ends."""
    threads, over = webhook_outbox.senders(app), Event()

    def run() -> None:
        with app.app_context():
            while not over.is_set():
                if not threads.fill():
                    threads.wait(0.1)

    thread = Thread(target=run)
    thread.start()
    try:
        yield threads
    finally:
        over.set()
        thread.join()


def hook(app: Flask, owner: Account, url: str) -> int:
    owner.client = app.test_client()
    return int(V1(owner).ok("POST", "/webhooks", json={"url": url})["id"])


def enqueue(hook_id: int, owner: Account, times: int) -> None:
    found = webhooks.find(owner.id, hook_id)
    with transaction() as session:
        for _ in range(times):
            webhooks.enqueue(session, found, webhooks.TEST, {})


def delivered(hook_id: int) -> Callable[[], int | None]:
    def count() -> int | None:
        mine = (Delivery.webhook_id == hook_id, Delivery.status == Sent.DELIVERED)
        with transaction() as session:
            return session.scalar(select(func.count()).where(*mine))

    return count


def test_a_silent_receiver_holds_up_nobody_elses_message(open_app: Flask, ann: Account, bob: Account) -> None:
    with listening() as silent, answering() as well, sending(open_app) as threads:
        hostile, modest = hook(open_app, ann, at(silent)), hook(open_app, bob, well)
        enqueue(hostile, ann, 100)
        until(lambda: threads._under_way)
        for number in range(1, 4):
            enqueue(modest, bob, 1)
            until(lambda n=number: delivered(modest)() == n, within=8)  # less than one of the others' time-outs
        held = [message for message in list(threads._under_way) if message.user_id == ann.id]
        silent.close()
    threads.finish()
    assert 0 < len(held) <= webhook_senders.EACH


def test_a_host_that_kept_silent_is_left_alone_and_then_tried_once(
    environ: dict[str, str], open_app: Flask, ann: Account
) -> None:
    """The time between is the test's: the state is looked at, not waited for."""
    with answering() as well:
        hook_id = hook(open_app, ann, well)
        asked: list[str] = []
        threads = webhook_senders.Senders(open_app, lambda delivery_id: asked.append(delivery_id) is None)
        enqueue(hook_id, ann, 10)
        assert threads.fill() == webhook_senders.EACH
        until(lambda: not threads._under_way)
        assert threads.fill() == 0, "it kept silent twice"
        for state in threads._silent.values():
            assert webhook_senders.PAUSE < state.until - time.monotonic() <= 2 * webhook_senders.PAUSE
            state.until = 0
        assert threads.fill() == 1, "one to see whether it answers now"
        until(lambda: not threads._under_way)
        assert threads.fill() == 0
        threads.finish()
        assert webhook_outbox.send_due(open_app) == webhook_senders.EACH
        assert delivered(hook_id)() == webhook_senders.EACH


def test_users_take_turns(open_app: Flask, ann: Account, bob: Account) -> None:
    """Of two threads each user gets one, however many messages the other one has."""
    with answering() as well:
        many, few = hook(open_app, ann, well), hook(open_app, bob, well)
        enqueue(many, ann, 10)
        enqueue(few, bob, 1)
        asked: list[str] = []
        threads = webhook_senders.Senders(open_app, lambda delivery_id: bool(asked.append(delivery_id)), senders=2)
        assert threads.fill() == 2
        threads.finish()
    with transaction() as session:
        owners = session.scalars(select(Delivery.webhook_id).where(Delivery.id.in_(asked))).all()
    assert sorted(owners) == sorted([many, few])


HEADS = [b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nX-Long: "]


@pytest.mark.parametrize("head", HEADS)
def test_who_drips_is_cut_off_at_the_deadline(open_app: Flask, head: bytes) -> None:
    with dripping(head) as server:
        answer = webhook_delivery.post(at(server), b"{}", {}, within=0.4)
    assert (answer.status, answer.silent) == (0, True)
    assert "no answer within 0.4 seconds" in answer.detail
    assert 400 <= answer.ms < 1400


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_who_says_nothing_is_cut_off_at_the_deadline(open_app: Flask, scheme: str) -> None:
    with listening() as server:
        answer = webhook_delivery.post(at(server, scheme), b"{}", {}, within=0.4)
    assert (answer.status, answer.silent) == (0, True)
    assert 400 <= answer.ms < 1400


def test_an_answer_whose_body_does_not_end_is_an_answer(open_app: Flask) -> None:
    with dripping(b"HTTP/1.1 202 Accepted\r\n\r\n") as server:
        answer = webhook_delivery.post(at(server), b"{}", {}, within=0.4)
    assert (answer.status, answer.silent) == (202, False)
    assert answer.ms < 1400


def test_one_who_refuses_at_once_is_not_silent(open_app: Flask) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, but nobody listens
        answer = webhook_delivery.post(at(closed), b"{}", {})
    assert (answer.status, answer.silent) == (0, False)


def test_test_messages_that_wait_are_bounded(open_app: Flask, ann: Account, bob: Account) -> None:
    with listening() as server:
        hooks = [hook(open_app, ann, at(server)) for _ in range(2)]
        theirs = hook(open_app, bob, at(server))
        v1 = V1(ann)
        answers = [v1.post(f"/webhooks/{hooks[n % 2]}/test") for n in range(webhooks.MOST_TESTS + 5)]
        assert [each.status_code for each in answers] == [202] * webhooks.MOST_TESTS + [429] * 5
        assert problem(answers[-1], 429, "quota_exceeded")["limit"] == webhooks.MOST_TESTS
        assert v1.ok("GET", "/me/usage")["webhook_tests"] == {"used": 20, "limit": 20}
        assert V1(bob).post(f"/webhooks/{theirs}/test").status_code == 202
