"""Who may run and finish a task: the compare-and-set updates that make it safe to deliver a job twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from csvapi.errors import Cancelled, CsvapiError, DatabaseDown, TimedOut
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Status, Task, now
from csvapi.queue import progress
from csvapi.services import quotas, worker_shares

T = TypeVar("T")
_PAUSE = 0.5  # seconds between tries while the database is away
_NOT_HELD = {"lease_owner": None, "lease_expires_at": None}


def claim(task_id: str, owner: str) -> Task | None:
    """Claim a queued task; of several deliveries exactly one gets it, the others get None.

    If the task's user already holds their share of the workers (see `worker_shares`), it goes back to wait for its
    turn.
    """
    with transaction() as session:
        task = session.get(Task, task_id)
    if task is None or task.status != Status.QUEUED:
        return None
    queued = (Task.id == task_id, Task.status == Status.QUEUED, Task.attempt == task.attempt)
    if task.attempt:
        progress.forget(runtime().redis, task_id)  # the request to stop was for the previous attempt
    most = worker_shares.share(task.user_id)
    values = {"status": Status.RUNNING, "attempt": task.attempt + 1, "started_at": now()}
    values |= {"lease_owner": owner, "lease_expires_at": _until()}
    with transaction() as session:
        if most < runtime().settings.max_running:
            quotas.lock(session, task.user_id)
            if worker_shares.running(session, task.user_id) >= most:
                session.execute(update(Task).where(*queued).values(queued_at=None))
                return None
        if not changed(session.execute(update(Task).where(*queued).values(**values))):
            return None
    for name, value in values.items():
        setattr(task, name, value)
    return task


def hold(task_id: str, owner: str) -> bool:
    """Renew the lease, for the worker that watches the task; False if the worker must stop the task's process.

    That is the case if the task was taken from the worker or is to be cancelled. A task that is not claimed yet, or has
    already finished, is no reason to stop.
    """
    running = (Task.id == task_id, Task.status == Status.RUNNING)
    wanted = (Task.lease_owner == owner, Task.cancel_requested.is_(False))
    with transaction() as session:
        renewed = session.execute(update(Task).where(*running, *wanted).values(lease_expires_at=_until()))
        return bool(changed(renewed)) or session.scalar(select(Task.id).where(*running)) is None


def note(task: Task, progress: dict[str, Any]) -> None:
    """Store the progress of a running task. Raises Cancelled if it was cancelled or taken from this worker."""
    with transaction() as session:
        noted = session.execute(
            update(Task)
            .where(*_held(task), Task.cancel_requested.is_(False))
            .values(progress=progress, lease_expires_at=_until())
        )
    if not changed(noted):
        raise Cancelled("The task was cancelled")


def finish(
    task: Task, status: Status, *, also: Callable[[Session], dict[str, Any]] | None = None, **values: Any
) -> None:
    """Finish a task that this attempt still holds; `also` adds rows, and values of the task, to the same transaction.

    What `also` adds counts against the user's quota, so it is called with the user locked.

    Raises Cancelled, and changes nothing, if the task was taken from this attempt meanwhile: `attempt` is the fencing
    token. While the database is down it tries again, for as long as a lease lasts.
    """
    life = timedelta(seconds=runtime().settings.retention)
    values |= {"status": status, "finished_at": now(), "expires_at": now() + life, **_NOT_HELD}
    retry_while_database_is_down(lambda: _finish(task, status, also, values))


def _finish(
    task: Task, status: Status, also: Callable[[Session], dict[str, Any]] | None, values: dict[str, Any]
) -> None:
    with transaction() as session:
        if also:
            quotas.lock(session, task.user_id)  # before the task's own row: see `quotas.lock`
        if changed(session.execute(update(Task).where(*_held(task)).values(**values))):
            if also:
                session.execute(update(Task).where(Task.id == task.id).values(**also(session)))
            return
        # Nothing to change: either somebody else has it, or an earlier try was committed and only its answer was lost.
        mine = (Task.id == task.id, Task.status == status, Task.attempt == task.attempt)
        if session.scalar(select(Task.id).where(*mine)) is None:
            raise Cancelled("The task was taken from this worker")


def give_up(task: Task, cause: CsvapiError, *, blameless: bool = False, only_before: datetime | None = None) -> bool:
    """Take a running task from the attempt that `task` shows: it waits for its turn again, or ends.

    It ends cancelled if that was requested, and failed with `cause` if it ran too long or lost too many workers; a
    `blameless` loss does not count. With `only_before` the lease must have expired by then. Returns False, and changes
    nothing, if the task has changed meanwhile.
    """
    lost = task.lost + (not blameless)
    values: dict[str, Any]
    if task.cancel_requested:
        values = {"status": Status.CANCELLED, "finished_at": now()}
    elif isinstance(cause, TimedOut) or lost >= max(1, runtime().settings.max_attempts):
        values = {"status": Status.FAILED, "finished_at": now()}
        values |= {"error_code": cause.code, "error_detail": f"{cause.detail} (attempt {task.attempt})"}
    else:
        values = {"status": Status.QUEUED, "queued_at": None, "progress": None}
    seen = [*_held(task), Task.cancel_requested.is_(task.cancel_requested)]
    if only_before:
        seen.append(Task.lease_expires_at < only_before)
    with transaction() as session:
        taken = session.execute(update(Task).where(*seen).values(lost=lost, **values, **_NOT_HELD))
        return bool(changed(taken))


def retry_while_database_is_down(action: Callable[[], T]) -> T:
    """Run the action, again and again while the database is down, for as long as a lease lasts.

    After that another worker may have the task. Raises DatabaseDown then.
    """
    end = time.monotonic() + runtime().settings.lease
    while True:
        try:
            return action()
        except DatabaseDown:
            if time.monotonic() > end:
                raise
            time.sleep(_PAUSE)


def _until() -> datetime:
    return now() + timedelta(seconds=runtime().settings.lease)


def _held(task: Task) -> tuple[ColumnElement[bool], ...]:
    return (Task.id == task.id, Task.status == Status.RUNNING, Task.attempt == task.attempt)
