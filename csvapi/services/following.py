"""Requests that wait for a task to end: woken by the hub, which hears of it, and never reading the row in a loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from csvapi.models import FINISHED
from csvapi.process.interpreter import INTERPRETER
from csvapi.services import tasks
from csvapi.services.task_events import RECENT, hub

Followed = TypeVar("Followed", bound="_WithStatus")


class _WithStatus(Protocol):
    """What can be followed: a task, or something that shows one."""

    @property
    def status(self) -> str:
        """The task's status."""


def followed(find: Callable[[], Followed], task_id: str, seconds: float) -> Followed:
    """What `find` returns of a task once it has ended, or as it was when so many seconds were over, or up to RECENT
    before.

    At once if no thread may wait for it. Raises what `find` raises.
    """
    begin = time.monotonic()
    with hub().thread() as free:
        if not free:
            return find()
        with hub().waiting(task_id) as ended:
            found, at = find(), begin
            while found.status not in FINISHED and (left := begin + seconds - time.monotonic()) > 0:
                with INTERPRETER.waiting():
                    told = ended.wait(left)
                ended.clear()
                if told or not hub().unfinished.listening or time.monotonic() - at > RECENT:
                    found, at = find(), time.monotonic()
    return found


def polled(user_id: int, task_id: str, seconds: float) -> tasks.Shown:
    """The same of the user's task and its result, for clients that ask again and again: a task that had not ended less
    than RECENT ago is not read again, unless somebody has told of it. Raises NotFound."""
    unfinished, task_id = hub().unfinished, tasks.known(task_id)

    def look() -> tasks.Shown:
        return tasks.find_with_result(user_id, task_id)

    def find() -> tasks.Shown:
        found = unfinished.find(task_id, look, lambda shown: shown.status not in FINISHED)
        return found if found.task.user_id == user_id else look()

    return followed(find, task_id, seconds)
