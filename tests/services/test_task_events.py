"""Those who follow a task, and leave while others join."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from csvapi.models import Task
from csvapi.services.task_events import hub
from tests.services.alone import alone, ann, environ, run, submit
from tests.stack import Account

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


def test_two_requests_may_tell_one_listener_of_the_end(alone: Flask, ann: Account) -> None:
    """The thread that tells all others of all tasks must not end by it."""
    task_id = submit(ann)
    run(task_id)
    second = Leaving(ann.id, None, task_id)
    hub().join(task_id, Leaving(ann.id, second, task_id), lambda: None)
    assert hub().open_for(ann.id) == 0
