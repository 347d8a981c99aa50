"""Those who follow a task, and leave while others join."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from csvapi.api.events import Listening
from csvapi.extensions import runtime
from csvapi.models import Task
from csvapi.queue.progress import CHANNEL
from csvapi.services import task_events, tasks
from csvapi.services.task_events import hub
from tests.servers import private_valkey
from tests.services.alone import alone, ann, application, environ, run, submit
from tests.stack import Account
from tests.waiting import until

__all__ = ["alone", "ann", "environ"]
pytestmark = pytest.mark.parametrize("environ", ["sqlite"], indirect=True)  # nothing here is the database's


class Leaving:
    """A listener for whom the end of the task is all; another one joins while the first is told of it."""

    def __init__(self, user_id: int, joins: Leaving | None, task_id: str) -> None:
        self.user_id, self._joins, self._task_id = user_id, joins, task_id

    def moved(self, task: Task) -> bool:
        joins, self._joins = self._joins, None
        if joins:
            hub().join(self._task_id, joins, lambda: None)
        return False

    def progressed(self, figures: dict[str, Any]) -> bool:
        return True

    def beat(self) -> bool:
        return True

    def fail(self) -> None:
        pass


def test_two_requests_may_tell_one_listener_of_the_end(alone: Flask, ann: Account) -> None:
    """The thread that tells all others of all tasks must not end by it."""
    task_id = submit(ann)
    run(task_id)
    second = Leaving(ann.id, None, task_id)
    hub().join(task_id, Leaving(ann.id, second, task_id), lambda: None)
    assert hub().open_for(ann.id) == 0


def test_a_stream_does_not_end_before_its_last_event_is_written(alone: Flask, ann: Account) -> None:
    """The hub tells of the end while the request that began the stream tells of it, too."""
    task_id, done = submit(ann), list[str]()
    run(task_id)
    task = tasks.find(ann.id, task_id)

    def hub_tells() -> None:
        with alone.app_context():
            listening.moved(task)

    second = threading.Thread(target=hub_tells)

    def write(_: bytes) -> bool:
        second.start()
        second.join(0.2)  # it would end the stream meanwhile
        done.append("event")
        return True

    listening = Listening(ann.id, "", write, lambda: done.append("end"))
    with alone.app_context():
        listening.moved(task)
    second.join()
    assert done[0] == "event"


class Failing(Leaving):
    """A listener that nobody foresaw."""

    failed = False

    def moved(self, task: Task) -> bool:
        raise KeyError(task.id)

    def fail(self) -> None:
        self.failed = True


def test_a_listener_that_fails_is_alone_in_that(alone: Flask, ann: Account, caplog: pytest.LogCaptureFixture) -> None:
    task_id = submit(ann)
    failing = Failing(ann.id, None, task_id)
    hub().join(task_id, failing, lambda: None)
    assert (failing.failed, hub().open_for(ann.id)) == (True, 0)
    assert "a stream of task events failed" in caplog.text


def test_what_nobody_foresaw_does_not_end_the_news(
    alone: Flask, ann: Account, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever waits then learns of the end that was missed meanwhile."""
    task_id = submit(ann)
    hub().start()
    runtime().redis.publish(CHANNEL, "[]")
    interrupted = "task events interrupted: list indices must be integers"  # others lost their queues in tests before
    until(lambda: interrupted in caplog.text)
    with hub().waiting(task_id) as ended:
        run(task_id)
        assert ended.wait(5)
    assert caplog.text.count(interrupted) == 1
    assert "Traceback" in caplog.text


def test_a_queue_that_stays_away_is_told_less_and_less(
    environ: dict[str, str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_events, "_PAUSE", 0.01)
    with private_valkey() as queue:
        pass  # it has ended
    with application(environ, REDIS_URL=queue):
        hub().begin()
        path = urlsplit(queue).path

        def told() -> list[int]:  # threads of other tests may have lost their queue, too
            mine = (each for each in caplog.messages if "task events interrupted" in each and path in each)
            return [int(each.rpartition("(")[2].split()[0]) for each in mine]

        until(lambda: len(told()) >= 4)
        assert told()[:4] == [1, 2, 4, 8]
