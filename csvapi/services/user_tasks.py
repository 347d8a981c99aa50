"""A user's tasks: listing and deleting them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy import delete as delete_rows

from csvapi.errors import InUse
from csvapi.extensions import changed, transaction
from csvapi.models import ACTIVE, Action, Task, now
from csvapi.services import audit, cursors, listing, tasks
from csvapi.services.listing import Long

_LONG = (Long(Task.steps, left_out=True), Long(Task.options), Long(Task.receipt), Long(Task.error_detail))


def newest(
    user_id: int, cursor: str | None = None, status: str | None = None, label: str = ""
) -> Iterator[Task | None]:
    """The user's tasks from a cursor on, the newest first, as `listing.read` yields them; long steps are None.

    With `label` only those whose label has this in it, regardless of case.
    """
    query = select(Task).where(Task.user_id == user_id, or_(Task.expires_at > now(), Task.status.in_(ACTIVE)))
    if status:
        query = query.where(Task.status == status)
    if cursor:
        created, task_id = cursors.read("tasks", cursor)
        query = query.where(_older(datetime.fromisoformat(created), task_id))
    found = listing.read(query.order_by(Task.created_at.desc(), Task.id.desc()), _after, _LONG)
    part = label.casefold()
    return (each for each in found if each is None or part in (each.label or "").casefold())


def named(task_ids: Sequence[str]) -> Iterator[Task]:
    """The tasks with these ids, each with the values that a list shows; read a few at a time."""
    query = select(Task).where(Task.id.in_(task_ids)).order_by(Task.created_at.desc(), Task.id.desc())
    return (task for task in listing.read(query, _after, _LONG) if task is not None)


def _after(task: Task) -> ColumnElement[bool]:
    return _older(task.created_at, task.id)


def _older(at: datetime, task_id: str) -> ColumnElement[bool]:
    return or_(Task.created_at < at, and_(Task.created_at == at, Task.id < task_id))


def cursor_of(task: Task) -> str:
    """The cursor of the tasks after this one."""
    return cursors.write("tasks", [task.created_at.isoformat(), task.id])


def delete(user_id: int, task_id: str) -> None:
    """Delete a finished task; its result stays a file. Raises NotFound, and InUse for an unfinished task."""
    task = tasks.find(user_id, task_id)
    with transaction() as session:
        gone = session.execute(delete_rows(Task).where(Task.id == task.id, Task.status.not_in(ACTIVE)))
        if changed(gone):
            audit.add(session, Action.TASK_DELETED, user_id, f"task:{task.id}")
    if not changed(gone):
        raise InUse("The task has not ended; cancel it first")
