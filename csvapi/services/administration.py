"""What administrators do to the accounts, files and tasks of others, by the rules that hold for the owners."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update

from csvapi.errors import Conflict, InvalidInput, NotFound, QueueDown, TaskNotFinished
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import ACTIVE, Action, ApiKey, File, Status, Task, User, now
from csvapi.queue import progress
from csvapi.services import account_deletion, accounts, audit, credentials, passwords, second_factor, tasks, user_files
from csvapi.services.dispatch import dispatch
from csvapi.services.quotas import STORED

RETRIED = (Status.FAILED, Status.CANCELLED)


def first_admin(email: str, password: str) -> bool:
    """Create an administrator if there is none; returns whether one was created."""
    with transaction() as session:
        if session.scalar(select(User.id).where(User.is_admin).limit(1)) is not None:
            return False
    return accounts.ensure_admin(email, password)


def make_admin(email: str, password: str, *, remove_factor: bool = False) -> bool:
    """Give the account this password and administrator's rights; returns whether it had to be created.

    `remove_factor` also removes the second factor, for an administrator who lost it.
    """
    passwords.check_strength(password, email)
    created = accounts.ensure_admin(email, password)
    with transaction() as session:
        user = session.scalars(select(User).where(User.email == accounts.cleaned(email))).one()
        user.is_active = True
        ended = credentials.renew(session, user.id, passwords.hash_password(password))
        audit.add(session, Action.ADMIN_USER, None, f"user:{user.id}", password=True, **ended)
        user_id = user.id
    if remove_factor:
        second_factor.remove(user_id)
        audit.record(Action.ADMIN_FACTOR_OFF, None, f"user:{user_id}")
    return created


def admin_without_password(email: str) -> int:
    """Make the account with this address or name an active administrator's, or create it; returns its id.

    A password stays as it is; a new account has none. Raises InvalidInput if a new one is given no e-mail address.
    """
    with transaction() as session:
        user = session.scalar(select(User).where(User.email == email.strip().lower(), User.deletion_at.is_(None)))
        if user is None:
            unknown = passwords.hash_password(secrets.token_urlsafe(32))
            user = User(email=accounts.cleaned(email), password_hash=unknown, has_password=False, is_active=True)
            session.add(user)
            session.flush()
        if not (user.is_admin and user.is_active):
            audit.add(session, Action.ADMIN_MADE, None, f"user:{user.id}")
        user.is_admin = user.is_active = True
        return user.id


def change_user(
    user_id: int,
    *,
    is_active: bool,
    is_admin: bool,
    max_stored: int | None,
    password: str | None = None,
    by: int | None = None,
) -> None:
    """Change what an administrator decides about an account.

    A new password or a deactivation ends all its sign-ins and API keys for good; a later reactivation restores none of
    them.

    Raises InvalidInput for a weak password, and Conflict if no administrator would be left.
    """
    with transaction() as session:
        user = session.get(User, user_id)
        if user is None or user.deletion_at is not None:
            raise NotFound("There is no such user, or the account is being deleted")
        if user.is_admin and user.is_active and not (is_admin and is_active):
            account_deletion.another_admin(session, user.id)
        given = {"is_active": is_active, "is_admin": is_admin, "max_stored": max_stored}
        done: dict[str, Any] = {name: value for name, value in given.items() if getattr(user, name) != value}
        user.is_active, user.is_admin, user.max_stored = is_active, is_admin, max_stored
        if password:
            passwords.check_strength(password, user.email)
            done |= {"password": True, **credentials.renew(session, user.id, passwords.hash_password(password))}
        elif not is_active:
            done |= credentials.shut_out(session, user.id)
        audit.add(session, Action.ADMIN_USER, by, f"user:{user_id}", **done)


def revoke_key(key_id: int) -> None:
    """Delete a user's API key; it is refused from now on."""
    with transaction() as session:
        if not changed(session.execute(delete(ApiKey).where(ApiKey.id == key_id))):
            raise NotFound("There is no such key")


def delete_file(file_id: int) -> None:
    """Delete a user's file; raises InUse while an unfinished task reads it (see `user_files.delete`)."""
    with transaction() as session:
        owner = session.scalar(select(File.user_id).where(File.id == file_id))
    if owner is None:
        raise NotFound("There is no such file")
    user_files.delete(owner, file_id, by_owner=False)


def cancel_task(task_id: str) -> None:
    """Cancel a user's task (see `tasks.cancel`)."""
    tasks.cancel(_task(task_id).user_id, task_id)


def retry_task(task_id: str) -> None:
    """Queue a failed or cancelled task again; it begins from the start, with all its attempts left.

    Raises Conflict for any other task, and InvalidInput if its input is gone. If the queue is down, the reaper queues
    the task later.
    """
    task = _task(task_id)
    if task.file_id is None:
        raise InvalidInput("The file that the task read has been deleted")
    again = update(Task).where(Task.id == task_id, Task.status.in_(RETRIED))
    with transaction() as session:
        queued = session.execute(
            again.values(
                status=Status.QUEUED,
                lost=0,
                cancel_requested=False,
                progress=None,
                error_code=None,
                error_detail=None,
                queued_at=None,
                started_at=None,
                finished_at=None,
            )
        )
    if not changed(queued):
        raise Conflict("Only a task that failed or was cancelled can be tried again")
    progress.forget(runtime().redis, task_id)
    dispatch(task.user_id)


def delete_task(task_id: str) -> None:
    """Delete a finished task; its result stays as a file until that is deleted or expires."""
    with transaction() as session:
        if not changed(session.execute(delete(Task).where(Task.id == task_id, Task.status.not_in(ACTIVE)))):
            raise TaskNotFinished("Only a task that has ended can be deleted; cancel it first")


def failure(task_id: str) -> str | None:
    """The code and the reason of a failed task; None for any other task."""
    with transaction() as session:
        failed = select(Task.error_code, Task.error_detail).where(Task.id == task_id, Task.status == Status.FAILED)
        row = session.execute(failed).one_or_none()
    return f"{row.error_code}: {row.error_detail}" if row else None


def _task(task_id: str) -> Task:
    with transaction() as session:
        task = session.get(Task, task_id)
    if task is None:
        raise NotFound("There is no such task")
    return task


@dataclass(frozen=True, slots=True)
class Figures:
    """The installation in numbers; `waiting` is None while the queue cannot be reached, `oldest` in seconds."""

    users: int
    admins: int
    files: int
    bytes: int
    tasks: dict[str, int]
    waiting: int | None
    oldest: int
    free: int


def figures() -> Figures:
    """The installation in numbers, by one query for each kind of row; reads no file."""
    with transaction() as session:
        users, admins = session.execute(select(func.count(), func.sum(User.is_admin))).one()
        files, size = session.execute(select(func.count(), STORED).select_from(File)).one()
        counts = {row[0]: row[1] for row in session.execute(select(Task.status, func.count()).group_by(Task.status))}
        oldest = session.scalar(select(func.min(Task.created_at)).where(Task.status == Status.QUEUED))
    return Figures(
        users=users,
        admins=int(admins or 0),
        files=files,
        bytes=int(size or 0),
        tasks={status: counts.get(status, 0) for status in Status},
        waiting=_waiting(),
        oldest=round((now() - oldest).total_seconds()) if oldest else 0,
        free=runtime().storage.free(),
    )


def _waiting() -> int | None:
    try:
        return len(runtime().jobs.waiting())
    except QueueDown:
        return None
