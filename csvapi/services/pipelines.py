"""Pipelines over a file: checked as a whole before anything is queued, and tried on a sample."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from csvapi.csvio import Dialect
from csvapi.engines.local.trial import fits, fitting
from csvapi.engines.receipt import in_parts
from csvapi.errors import Expired, NotFound, TaskNotFinished
from csvapi.extensions import runtime
from csvapi.models import File, Status, Task
from csvapi.operations import Step, files_of
from csvapi.services import engine_choice, files, hash_keys, tasks
from csvapi.services.requested_work import Work, requested
from csvapi.services.step_files import named, others

_OPTIONS = ("on_ragged", "on_bad", "explain", "output", "engine")
_NAMES = 500_000  # of columns that a check in this process meets
_JOINS = 2  # other files whose columns are added to them


def submit(user_id: int, body: dict[str, Any], also: Callable[[Session, Task], None] | None = None) -> Task:
    """Queue what `body` asks for over its `input`; `also` joins the transaction that adds the task.

    Raises what `requested`, `check`, `hash_keys.stamped` and `tasks.queue` raise, with pointers into the body.
    """
    file = find_input(user_id, body["input"])
    engine_choice.check(body)
    work = requested(user_id, body, _OPTIONS)
    check(file, work)
    if file.object_url and not (choice := engine_choice.choose(work.options, file, work.loaded)).cluster:
        files.check_fetched(file, choice.because)
    with work.blaming():
        steps = hash_keys.stamped(user_id, named(file, work.steps), work.loaded)
    return tasks.queue(file, steps, options=work.options, label=body.get("label"), pipeline=work.pipeline, also=also)


def find_input(user_id: int, file_id: int) -> File:
    """The user's file that a pipeline reads. Raises NotFound with a pointer to `input`."""
    try:
        return files.find(user_id, file_id)
    except NotFound as error:
        raise NotFound("There is no such file, or it is not yours", pointer="/input") from error


def check(file: File, work: Work) -> None:
    """Check the steps and the output against the file's columns; the file is not read.

    Raises InvalidInput, UnknownColumn or AmbiguousColumn with a pointer such as /steps/1/columns/0 or /output/encoding.
    """
    files.check_csv(file, "/input")
    dialect = Dialect.from_json(file.dialect)
    with work.blaming(), others(file.user_id, work.loaded) as more:
        if _is_long(file, work.steps, work.loaded):
            runtime().pool.call(file.user_id, fitting, work.steps, file.columns, dialect, more, work.options)
        else:
            fits(work.loaded, file.columns, dialect, more, work.options)


def _is_long(file: File, steps: list[dict[str, Any]], loaded: list[Step]) -> bool:
    """Whether the check may take long: each step meets all columns, and may add some.

    A step adds as many columns as it names, and one that reads another file adds all columns of that. A long check runs
    in a child process with the limits of a preview.
    """
    columns = len(file.columns) + len(json.dumps(steps))
    return len(files_of(loaded)) > _JOINS or len(loaded) * columns > _NAMES


def result(user_id: int, task_id: str) -> File:
    """The result of a task. Raises NotFound, TaskNotFinished, and Expired if the result has been deleted."""
    task = _succeeded(user_id, task_id)
    return _part(task, task.result_file_id, "result")


def dropped(user_id: int, task_id: str) -> File:
    """The records that a task dropped, byte for byte; raises as `result` does."""
    task = _explained(user_id, task_id)
    return _part(task, task.dropped_file_id, "list of dropped records")


def reasons(user_id: int, task_id: str) -> File:
    """Why each of those records was dropped; raises as `result` does."""
    task = _explained(user_id, task_id)
    return _part(task, task.reasons_file_id, "list of reasons")


def receipt(user_id: int, task_id: str) -> dict[str, Any]:
    """What was done, counted and hashed, how, and by which saved pipeline. Raises NotFound and TaskNotFinished."""
    task = _succeeded(user_id, task_id)
    return in_parts(task.receipt or {}) | ({"pipeline": task.pipeline} if task.pipeline else {})


def _succeeded(user_id: int, task_id: str) -> Task:
    task = tasks.find(user_id, task_id)
    if task.status != Status.SUCCEEDED:
        raise TaskNotFinished(f"The task has no result: its status is {task.status}")
    return task


def _explained(user_id: int, task_id: str) -> Task:
    task = _succeeded(user_id, task_id)
    if not task.options.get("explain"):
        raise NotFound("The task was not asked to keep what it drops; start it with `explain`: true")
    return task


def _part(task: Task, file_id: int | None, what: str) -> File:
    try:
        return files.find(task.user_id, file_id or 0)
    except NotFound as error:
        raise Expired(f"The {what} has been deleted; run the task again") from error
