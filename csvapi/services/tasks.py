"""Tasks: submitting them, following them, cancelling them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID, uuid4

import structlog
from sqlalchemy import and_, bindparam, delete, or_, outerjoin, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from csvapi import logs, tracing
from csvapi.csvio import Dialect
from csvapi.errors import NotFound, QueueDown, TaskFinished
from csvapi.extensions import changed, one_select, runtime, transaction
from csvapi.models import ACTIVE, CSV, File, Status, Task, now
from csvapi.operations import check_columns
from csvapi.queue import progress
from csvapi.services import file_contents, files, quotas, worker_shares
from csvapi.services.dispatch import dispatch
from csvapi.services.steps import accepted

Found = TypeVar("Found", Task, File)
log = structlog.get_logger(__name__)
_OF_USER = select(Task).where(Task.id == bindparam("task"), Task.user_id == bindparam("user"))
_RESULT = (File.storage_key, File.size, File.dialect, File.media_type)
_NOW = bindparam("now", type_=File.expires_at.type)
_RESULT_OF_TASK = and_(File.id == Task.result_file_id, File.user_id == Task.user_id, File.expires_at > _NOW)
_WITH_RESULT = (
    select(Task.status, File.id, *_RESULT)
    .select_from(outerjoin(Task, File, _RESULT_OF_TASK))
    .where(Task.id == bindparam("task"), Task.user_id == bindparam("user"))
    .where(or_(Task.expires_at > _NOW, Task.finished_at.is_(None)))
)
_TELLING = (Status.RUNNING, Status.FAILED)  # whose tasks have more to tell than that they are
_ENDED: dict[str, str] = {Status.SUCCEEDED: "succeeded", Status.FAILED: "failed", Status.CANCELLED: "was cancelled"}


def submit(user_id: int, file_id: int, steps: list[dict[str, Any]]) -> Task:
    """Accept a pipeline of steps over one of the user's files, and queue it.

    Raises InvalidInput (with a pointer into `steps`), UnknownColumn, NotFound and QuotaExceeded before anything is
    stored, and what `queue` raises.
    """
    parsed = accepted(steps)
    with _storing() as session:
        file = files.of_user(session, user_id, file_id)
        if file.expires_at <= now():
            raise files.not_found()
        check_columns(parsed, file.columns, Dialect.from_json(file.dialect).header)
        task = _made(file, steps)
        _add(session, task)
    return _handed_over(task, file)


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
    task = _made(file, steps, options=options or {}, label=label, pipeline=pipeline)
    with _storing() as session:
        _add(session, task)
        if also:
            session.flush()
            also(session, task)
    return _handed_over(task, file)


def _made(file: File, steps: list[dict[str, Any]], **more: Any) -> Task:
    return Task(
        id=str(uuid4()),
        user_id=file.user_id,
        file_id=file.id,
        steps=steps,
        request_id=logs.request_id(),
        operation=steps[0]["op"] if len(steps) == 1 else "pipeline",
        expires_at=now() + timedelta(seconds=runtime().settings.retention),
        **{"options": {}, **more},
    )


@contextmanager
def _storing() -> Iterator[Session]:
    """A transaction that adds a task. Raises NotFound where its file is deleted in this moment."""
    try:
        with transaction() as session:
            yield session
    except IntegrityError as error:
        raise files.not_found() from error


def _add(session: Session, task: Task) -> None:
    """Add the row, which has its turn where its user may have another one on the queue."""
    most = worker_shares.share(task.user_id)
    quotas.lock(session, task.user_id)  # before the row is added: see `quotas.lock`
    if quotas.one_more(session, task.user_id).turns(most):
        task.queued_at = now()
    session.add(task)


def _handed_over(task: Task, file: File) -> Task:
    """The accepted task, on the queue if it has its turn. Raises QueueDown, and then the task is stored no more."""
    if task.queued_at is not None:
        _enqueue(task, small=worker_shares.is_small(file.size, task.steps, task.options))
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
    with transaction() as session:
        return _checked(session.scalar(_OF_USER, {"task": known(task_id), "user": user_id}))


def known(task_id: str) -> str:
    """The id in the form that ids have; an empty one for what is none."""
    try:
        return str(UUID(task_id))
    except ValueError:
        return ""


def _checked(task: Task | None) -> Task:
    if task is None or (task.expires_at <= now() and task.status not in ACTIVE):
        raise NotFound("Task not found")
    return task


def current_progress(task: Task) -> dict[str, Any]:
    """The progress of a running task: the worker's latest figures, or those of the row."""
    return progress.read(runtime().redis, task.id) or task.progress or {}


class Shown(NamedTuple):
    """A task and, once it has succeeded, the file of its result; None if that was deleted, or has expired.

    Both have only the columns that show how the task is going and the first records: a client asks again and again,
    and a driver that is written in Python parses every column of a row by itself. A task that runs or has failed is
    read as a whole.
    """

    task: Task
    result: File | None

    @property
    def status(self) -> str:
        """The task's."""
        return self.task.status


def find_with_result(user_id: int, task_id: str) -> Shown:
    """The user's task and its result, in one statement unless there is more to tell. Raises as `find` does."""
    task_id = known(task_id)
    with one_select() as connection:
        row = connection.execute(_WITH_RESULT, {"task": task_id, "user": user_id, "now": now()}).one_or_none()
    if row is None:
        return Shown(_checked(None), None)
    status, result_id, *values = row
    if status in _TELLING:
        task = find(user_id, task_id)
        return Shown(task, None) if task.status in _TELLING else find_with_result(user_id, task_id)
    task = _with(Task(id=task_id, user_id=user_id), (Task.status,), (status,))
    if result_id is None:
        return Shown(task, None)
    result = _with(File(id=result_id, user_id=user_id), _RESULT, values)
    set_committed_value(result, File.object_url.key, None)  # only what was registered lies elsewhere
    return Shown(task, result)


def _with(found: Found, columns: Iterable[InstrumentedAttribute[Any]], values: Iterable[Any]) -> Found:
    """The object with these columns of a row; it refuses to tell any other, as one that a session has released."""
    for column, value in zip(columns, values, strict=True):
        set_committed_value(found, column.key, value)
    make_transient_to_detached(found)
    return found


def preview(result: File, limit: int) -> bytes:
    """The first `limit` records of a result as JSON objects; reads only those, within the limits of `Pool.call`."""
    return file_contents.objects(result, limit) if result.media_type == CSV else b"[]"
