"""Tasks a user has asked for: the list of them, and deleting one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy import delete as delete_rows

from csvapi.errors import InUse
from csvapi.extensions import transaction
from csvapi.models import ACTIVE, Action, Task, now
from csvapi.services import audit, cursors, tasks
from csvapi.services.leases import changed


def page(user_id: int, limit: int, cursor: str | None, status: str | None = None) -> tuple[list[Task], str | None]:
    """The user's tasks, the newest first, and the cursor of the next page."""
    query = select(Task).where(Task.user_id == user_id, or_(Task.expires_at > now(), Task.status.in_(ACTIVE)))
    if status:
        query = query.where(Task.status == status)
    if cursor:
        created, task_id = cursors.read("tasks", cursor)
        at = datetime.fromisoformat(created)
        query = query.where(or_(Task.created_at < at, and_(Task.created_at == at, Task.id < task_id)))
    with transaction() as session:
        found = list(session.scalars(query.order_by(Task.created_at.desc(), Task.id.desc()).limit(limit + 1)))
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], cursors.write("tasks", [last.created_at.isoformat(), last.id]) if last else None


def delete(user_id: int, task_id: str) -> None:
    """Forget a task that has ended; its result stays a file. Raises NotFound, and InUse for one that has not ended."""
    task = tasks.find(user_id, task_id)
    with transaction() as session:
        gone = session.execute(delete_rows(Task).where(Task.id == task.id, Task.status.not_in(ACTIVE)))
        if changed(gone):
            audit.add(session, Action.TASK_DELETED, user_id, f"task:{task.id}")
    if not changed(gone):
        raise InUse("The task has not ended; cancel it first")
