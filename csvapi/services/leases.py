"""Who may run and finish a task: the compare-and-set updates that make it safe to deliver a job twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Select, Table, Update, and_, bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from csvapi.errors import Cancelled, CsvapiError, DatabaseDown, TimedOut
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import ORIGINAL, File, Status, Task, User, now
from csvapi.queue import progress
from csvapi.services import quotas, worker_shares

T = TypeVar("T")
_TASKS = cast("Table", Task.__table__)
_PAUSE = 0.5  # seconds between tries while the database is away
_NOT_HELD = {"lease_owner": None, "lease_expires_at": None}


@dataclass(frozen=True, slots=True)
class Claim:
    """A task that this attempt holds, its input (None if that was deleted), and what its user stored just before."""

    task: Task
    file: File | None
    stored: quotas.Stored


class NotSmall(Exception):
    """The task is not one that a worker runs itself."""


def claim(task_id: str, owner: str, *, if_small: bool = False) -> Claim | None:
    """Claim a queued task; of several deliveries exactly one gets it, the others get None.

    If the task's user already holds their share of the workers (see `worker_shares`), it goes back to wait for its
    turn. Raises NotSmall, and changes nothing, for another task than a small one if it is to be claimed `if_small`.
    """
    with transaction() as session:
        found = session.execute(_with_input(), {"task": task_id}).one_or_none()
        if found is None or found.Task.status != Status.QUEUED:
            return None
        task, file = found.Task, found.File
        if if_small and not (file and worker_shares.is_small(file.size, task.steps, task.options)):
            raise NotSmall
        if task.attempt:
            progress.forget(runtime().redis, task_id)  # the request to stop was for the previous attempt
        most = worker_shares.share(task.user_id)
        values = {"status": Status.RUNNING, "attempt": task.attempt + 1, "started_at": now()}
        values |= {"lease_owner": owner, "lease_expires_at": _until()}
        alone = most >= runtime().settings.max_running
        if alone and not _changed(session, task, Status.QUEUED, values):
            return None
    if not alone and not _took_its_turn(task, values, most):
        return None
    for name, value in values.items():
        setattr(task, name, value)
    return Claim(task, file, quotas.as_stored(*found[2:]))


@cache
def _with_input() -> Select[Any]:
    """A `task` with all that is needed to begin with it, in one statement, which takes a while to make."""
    each = aliased(File)
    owner = select(Task.user_id).where(Task.id == bindparam("task")).scalar_subquery()
    figures = quotas.size_of(each).label("size"), func.count().label("files")
    total = select(each.user_id, *figures).where(each.user_id == owner).group_by(each.user_id).subquery()
    mine = and_(File.id == Task.file_id, File.user_id == Task.user_id, File.kind != ORIGINAL)
    return (
        select(Task, File, total.c.size, total.c.files, User.max_stored, *quotas.coming(owner))
        .join(User, User.id == Task.user_id)
        .outerjoin(File, mine)
        .outerjoin(total, total.c.user_id == Task.user_id)
        .where(Task.id == bindparam("task"))
    )


@cache
def _change(status: Status, *names: str) -> Update:
    """Set these columns of the `task` that has this status and is at this `time`, its number of attempts."""
    seen = (_TASKS.c.id == bindparam("task"), _TASKS.c.status == status, _TASKS.c.attempt == bindparam("time"))
    return update(_TASKS).where(*seen).values({name: bindparam(f"new_{name}") for name in names})


def _changed(session: Session, task: Task, status: Status, values: dict[str, Any]) -> bool:
    """Whether the task had this status, and the attempt that `task` shows, and has these values now."""
    new = {f"new_{name}": value for name, value in values.items()}
    return bool(changed(session.execute(_change(status, *values), {"task": task.id, "time": task.attempt, **new})))


def _took_its_turn(task: Task, values: dict[str, Any], most: int) -> bool:
    """The same while others are there: with the user locked, whose running tasks are counted."""
    with transaction() as session:
        quotas.lock(session, task.user_id)
        if worker_shares.running(session, task.user_id) < most:
            return _changed(session, task, Status.QUEUED, values)
        _changed(session, task, Status.QUEUED, {"queued_at": None})
        return False


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
    tries = count()
    retry_while_database_is_down(lambda: _finish(task, also, values, again=next(tries) > 0))


def _finish(
    task: Task, also: Callable[[Session], dict[str, Any]] | None, values: dict[str, Any], *, again: bool
) -> None:
    with transaction() as session:
        if again and _is_finished(session, task, values):
            return  # the first try was committed, and only its answer was lost
        if also:
            quotas.lock(session, task.user_id)  # before the task's own row: see `quotas.lock`
        found = also(session) if also else {}
        if _changed(session, task, Status.RUNNING, values | found):
            return
        session.rollback()
        if not _is_finished(session, task, values):
            raise Cancelled("The task was taken from this worker")


def _is_finished(session: Session, task: Task, values: dict[str, Any]) -> bool:
    mine = (Task.id == task.id, Task.status == values["status"], Task.attempt == task.attempt)
    return session.scalar(select(Task.id).where(*mine)) is not None


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
