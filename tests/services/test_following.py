"""Requests that wait for a task read it as seldom as they can, and never show one as it was long ago."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm.exc import DetachedInstanceError

from csvapi.errors import NotFound
from csvapi.models import Status, Task
from csvapi.services import tasks
from csvapi.services.following import followed, polled
from csvapi.services.task_events import RECENT, hub
from tests.services.alone import alone, ann, environ, run, submit
from tests.services.test_costs import counted
from tests.stack import Account
from tests.waiting import until

__all__ = ["alone", "ann", "environ"]
pytestmark = pytest.mark.parametrize("environ", ["sqlite"], indirect=True)  # nothing here is the database's
MOMENT = 0.01  # seconds


@pytest.fixture
def listening(alone: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub listens, and forgets nothing by itself, however slow the machine is."""
    hub().start()
    until(lambda: hub().unfinished.listening)
    monkeypatch.setattr(hub().unfinished, "_life", 3600.0)


@pytest.mark.usefixtures("listening")
def test_a_task_is_not_read_again_unless_that_was_long_ago(ann: Account) -> None:
    """A short wait that nobody ends costs one reading; the answer of a long one is not as old as its beginning."""
    task_id, read = submit(ann), list[Task]()

    def find() -> Task:
        read.append(tasks.find(ann.id, task_id))
        return read[-1]

    assert followed(find, task_id, RECENT / 10) is read[0]
    assert len(read) == 1
    assert followed(find, task_id, RECENT * 1.2) is read[2]
    assert len(read) == 3


@pytest.mark.usefixtures("listening")
def test_polls_of_a_task_that_waits_share_what_was_read(ann: Account) -> None:
    task_id = submit(ann)
    first = polled(ann.id, task_id, MOMENT)
    with counted() as costs:
        assert polled(ann.id, task_id.upper(), MOMENT) is first
    assert costs.statements == 0


@pytest.mark.usefixtures("listening")
def test_a_poll_shows_what_somebody_has_told_of(ann: Account) -> None:
    task_id = submit(ann)
    assert polled(ann.id, task_id, MOMENT).status == Status.QUEUED
    run(task_id)
    until(lambda: polled(ann.id, task_id, MOMENT).status == Status.SUCCEEDED)
    assert polled(ann.id, task_id, MOMENT).result


@pytest.mark.usefixtures("listening")
def test_what_was_read_for_its_user_is_shown_to_nobody_else(ann: Account) -> None:
    task_id = submit(ann)
    polled(ann.id, task_id, MOMENT)
    with pytest.raises(NotFound):
        polled(ann.id + 1, task_id, MOMENT)


def test_a_poll_tells_no_column_that_it_has_not_read(ann: Account) -> None:
    task_id = ann.start(ann.upload(b"k\n1\n1\n"), "dedup")
    run(task_id)
    task, result = tasks.find_with_result(ann.id, task_id)
    assert (task.id, task.user_id, task.status) == (task_id, ann.id, "succeeded")
    assert result is not None
    assert (result.user_id, result.size, result.media_type) == (ann.id, 4, "text/csv")
    with pytest.raises(DetachedInstanceError):
        assert task.receipt
    with pytest.raises(DetachedInstanceError):
        assert task.error_detail
    with pytest.raises(DetachedInstanceError):
        assert result.columns
