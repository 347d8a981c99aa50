"""What a small job costs in statements and in trips to Redis, at most: what is added here is paid with every job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from csvapi.extensions import db, one_select, runtime
from csvapi.services import tasks
from tests.services.alone import *  # noqa: F403 -- its fixtures
from tests.services.alone import run
from tests.stack import Account
from tests.waiting import until


@dataclass
class Costs:
    statements: int = 0
    commits: int = 0
    trips: int = 0


@contextmanager
def counted() -> Iterator[Costs]:
    """What the block costs; the question for the trips is one of them, and is not counted."""
    costs = Costs()

    def statement(*_: Any) -> None:
        costs.statements += 1

    def commit(*_: Any) -> None:
        costs.commits += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)
    before = trips()
    try:
        yield costs
    finally:
        costs.trips = trips() - before - 1
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Engine, "commit", commit)


def trips() -> int:
    return int(runtime().redis.info("stats")["total_reads_processed"])


@pytest.fixture
def ada(alone: Flask, ann: Account) -> Account:
    """Somebody whom this process remembers (see `recent`), so that only the job itself costs anything: what is done
    once, such as to listen and to ask for the queue's version, was done."""
    ann.status(ann.start(ann.upload(b"k\n1\n"), "dedup"))
    until(lambda: runtime().recent.listening and remembered(ann))
    return ann


def remembered(account: Account) -> bool:
    with counted() as costs:
        account.get("/api/v1/tasks/00000000-0000-0000-0000-000000000000")
    return costs.statements == 1


def at_most(costs: Costs, statements: int, commits: int, trips: int) -> bool:
    """Whether it was no more; an account is looked up again every two seconds, whatever is asked for."""
    return costs.statements <= statements + 1 and costs.commits <= commits + 1 and costs.trips <= trips


def test_an_upload(ada: Account) -> None:
    with counted() as costs:
        ada.upload(b"k\n1\n1\n")
    assert at_most(costs, statements=3, commits=1, trips=0), costs


def test_a_task_is_accepted(ada: Account) -> None:
    file_id = ada.upload(b"k\n1\n1\n")
    with counted() as costs:
        ada.start(file_id, "dedup")
    assert at_most(costs, statements=4, commits=1, trips=2), costs


def test_a_task_is_run(ada: Account) -> None:
    task_id = ada.start(ada.upload(b"k\n1\n1\n"), "dedup")
    with counted() as costs:
        run(task_id)
    assert at_most(costs, statements=6, commits=2, trips=3), costs


def test_a_result_is_shown(ada: Account) -> None:
    task_id = ada.start(ada.upload(b"k\n1\n1\n"), "dedup")
    run(task_id)
    with counted() as costs:
        assert ada.status(task_id)["result"]["data"] == [{"k": "1"}]
    assert at_most(costs, statements=1, commits=0, trips=0), costs


def test_a_task_that_waits_is_shown(ada: Account) -> None:
    task_id = ada.start(ada.upload(b"k\n1\n1\n"), "dedup")
    with counted() as costs:
        for _ in range(5):
            assert ada.status(task_id)["status"] == "PENDING"
    assert at_most(costs, statements=5, commits=0, trips=0), costs


def test_a_poll_ends_without_another_trip(ada: Account) -> None:
    task_id = ada.start(ada.upload(b"k\n1\n"), "dedup")
    with counted() as costs:
        for _ in range(10):
            assert tasks.find_with_result(ada.id, task_id).task.id == task_id
    assert (costs.statements, costs.commits) == (10, 0)
    if db.engine.dialect.name != "sqlite":
        with one_select() as connection:  # the connection that was used last
            ends = "SHOW SESSION STATUS WHERE Variable_name IN ('Com_select', 'Com_commit', 'Com_rollback')"
            found = {name: int(count) for name, count in connection.execute(text(ends))}
        assert (found["Com_select"] >= 10, found["Com_commit"], found["Com_rollback"]) == (True, 0, 0)
