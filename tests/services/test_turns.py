"""Requests give their turn up where they wait: for a task, the hash of a password, and who reads a file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from csvapi.process.interpreter import INTERPRETER
from csvapi.services import following, passwords, tasks
from tests.services.alone import alone, ann, environ, submit
from tests.stack import Account

__all__ = ["alone", "ann", "environ"]
pytestmark = pytest.mark.parametrize("environ", ["sqlite"], indirect=True)  # nothing here is the database's
WITHIN = 60.0  # seconds


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody takes a turn from another request."""
    monkeypatch.setattr(INTERPRETER, "_longest", WITHIN)


def during(app: Flask, waits: Callable[[], Any]) -> bool:
    """Whether another request has its turn while a request waits."""
    begun, other, seen = threading.Event(), threading.Event(), []

    def request() -> None:
        with app.app_context(), INTERPRETER.turn():
            begun.set()
            waits()
            seen.append(other.is_set())

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(request)
        assert begun.wait(WITHIN)
        with INTERPRETER.turn():
            other.set()
        waiting.result(WITHIN)
    return seen == [True]


def test_others_run_while_a_request_waits_for_a_task(alone: Flask, ann: Account) -> None:
    with alone.app_context():
        task = submit(ann)
    assert during(alone, lambda: following.followed(lambda: tasks.find(ann.id, task), task, 0.5))


def test_a_request_that_hashes_a_password_or_sends_a_file_ends_its_turn(alone: Flask, ann: Account) -> None:
    file = ann.upload(b"a\n1\n")
    headers = {"Authorization": f"Bearer {ann.access}"}
    with alone.app_context():
        for waits, ends in (
            (lambda: passwords.hash_password("sunlit-harbour-41"), True),
            (lambda: passwords.verify(None, "sunlit-harbour-41"), True),
            (lambda: ann.client.get(f"/api/v1/files/{file}/content", headers=headers), True),
            (lambda: ann.client.get(f"/api/v1/files/{file}", headers=headers), False),
        ):
            with INTERPRETER.turn():
                waits()
                assert INTERPRETER.give_up() != ends
