"""Tasks: submitting them, following them, cancelling them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from csvapi import logs, tracing
from csvapi.csvio import Dialect
from csvapi.errors import NotFound, QueueDown, TaskFinished
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import ACTIVE, CSV, File, Status, Task, now
from csvapi.operations import check_columns
from csvapi.queue import progress
from csvapi.services import file_contents, files, quotas, worker_shares
from csvapi.services.dispatch import dispatch
from csvapi.services.steps import accepted

log = structlog.get_logger(__name__)
_ENDED: dict[str, str] = {Status.SUCCEEDED: "succeeded", Status.FAILED: "failed", Status.CANCELLED: "was cancelled"}


def submit(user_id: int, file_id: int, steps: list[dict[str, Any]]) -> Task:
    """Accept a pipeline of steps over one of the user's files, and queue it.

    Raises InvalidInput (with a pointer into `steps`), UnknownColumn, NotFound and QuotaExceeded before anything is
    stored, and what `queue` raises.
    """
    parsed = accepted(steps)
    file = files.find(user_id, file_id)
    check_columns(parsed, file.columns, Dialect.from_json(file.dialect).header)
    return queue(file, steps)


def queue(
    file: File,
    steps: list[dict[str, Any]],
    *,
    options: dict[str, Any] | None = None,
    label: str | None = None,
    pipeline: dict[str, Any] | None = None,
    also: Callable[[Session, Task], None] | None = None,
) -> Task:
    """Queue steps that were checked against the file; `pipeline` says which saved one they are from.

    `also` joins the transaction that adds the task.

    Raises QuotaExceeded, NotFound if the file is gone by now, and QueueDown if the queue does not accept the task,
    which is then not stored. The task of a user who has many on the queue waits for its turn (see `dispatch`).
    """
    user_id = file.user_id
    task = Task(
        id=str(uuid4()),
        user_id=user_id,
        file_id=file.id,
        steps=steps,
        options=options or {},
        label=label,
        pipeline=pipeline,
        request_id=logs.request_id(),
        operation=steps[0]["op"] if len(steps) == 1 else "pipeline",
        expires_at=now() + timedelta(seconds=runtime().settings.retention),
    )
    most = worker_shares.share(user_id)
    try:
        with transaction() as session:
            quotas.lock(session, user_id)
            if quotas.one_more(session, user_id).turns(most):
                task.queued_at = now()
            session.add(task)
            if also:
                session.flush()
                also(session, task)
    except IntegrityError as error:  # the file was deleted in this moment
        raise NotFound("File not found or access denied", pointer="/file_id") from error
    if task.queued_at is not None:
        _enqueue(task, small=worker_shares.is_small(file.size, steps, task.options))
    log.info("task_accepted", task_id=task.id, file_id=file.id, operation=task.operation)
    return task


def _enqueue(task: Task, *, small: bool) -> None:
    try:
        runtime().jobs.enqueue(task.id, small=small, trace=tracing.carrier())
    except QueueDown:
        with transaction() as session:
            session.execute(delete(Task).where(Task.id == task.id, Task.status == Status.QUEUED))
        raise


def cancel(user_id: int, task_id: str) -> Task:
    """Cancel a task: a queued one at once, a running one within a second; it has no result.

    Raises NotFound, and TaskFinished if it has already ended.
    """
    while True:
        task = find(user_id, task_id)
        if task.status not in ACTIVE:
            raise TaskFinished(f"The task has ended already: it {_ENDED[task.status]}")
        values: dict[str, Any] = {"cancel_requested": True}
        if task.status == Status.QUEUED:
            values |= {"status": Status.CANCELLED, "finished_at": now()}
        with transaction() as session:
            quotas.lock(session, user_id)
            seen = update(Task).where(Task.id == task.id, Task.status == task.status, Task.attempt == task.attempt)
            if changed(session.execute(seen.values(**values))):
                break  # else a worker took it or ended it in the meantime: look again
    if task.status == Status.QUEUED:
        runtime().jobs.withdraw(task.id)
        dispatch(user_id)
    else:
        progress.ask_to_stop(runtime().redis, task.id)
    progress.notify(runtime().redis, task.id)
    return find(user_id, task_id)


def find(user_id: int, task_id: str) -> Task:
    """The user's task. Raises NotFound if there is none or if it belongs to somebody else."""
    try:
        wanted = str(UUID(task_id))
    except ValueError:
        wanted = ""
    with transaction() as session:
        task = session.scalar(select(Task).where(Task.id == wanted, Task.user_id == user_id))
    if task is None or (task.expires_at <= now() and task.status not in ACTIVE):
        raise NotFound("Task not found")
    return task


def current_progress(task: Task) -> dict[str, Any]:
    """The progress of a running task: the worker's latest figures, or those of the row."""
    return progress.read(runtime().redis, task.id) or task.progress or {}


def preview(task: Task, limit: int) -> tuple[File, bytes] | None:
    """A succeeded task's result and its first `limit` records as JSON objects; None if the result was deleted.

    Reads only those records, within the limits of `Pool.call`.
    """
    if task.result_file_id is None:
        return None
    try:
        file = files.find(task.user_id, task.result_file_id)
    except NotFound:
        return None
    if file.media_type != CSV:
        return file, b"[]"
    return file, file_contents.objects(file, limit)
