"""Which files are in use: the rule that deletion, changes and retention share."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from csvapi.errors import InUse
from csvapi.models import ACTIVE, File, Task
from csvapi.services.steps import files_named


def in_use(session: Session, user_id: int) -> dict[int, str]:
    """Every file that an unfinished task of this user will read, with the id of such a task.

    A task reads its input and every file that its steps name. Call this with the user locked if the answer must hold
    until the transaction ends. One query over the unfinished tasks; memory for the steps of ten tasks and for the ids.
    """
    tasks = select(Task.id, Task.file_id, Task.steps).where(Task.user_id == user_id, Task.status.in_(ACTIVE))
    found: dict[int, str] = {}
    for task_id, file_id, steps in session.execute(tasks.execution_options(yield_per=10)):
        for name in (file_id, *files_named(steps)):
            if isinstance(name, int):
                found.setdefault(name, task_id)
    return found


def check_unused(session: Session, file: File) -> None:
    """Raise InUse while an unfinished task will read the file; call this with the user locked."""
    if task_id := in_use(session, file.user_id).get(file.id):
        raise InUse(f"Task {task_id} reads the file; wait for it or cancel it first")
