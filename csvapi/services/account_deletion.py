"""Delete an account with everything its owner has.

What must take effect at once does, in one transaction: afterwards nobody can use the account. Everything else is
deleted in batches, in the same request or, if that is cut off, by the scheduler. The audit log keeps the account's
number and no address.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from csvapi.errors import Conflict, InvalidInput
from csvapi.extensions import runtime, transaction
from csvapi.models import Action, File, Mail, RefreshFamily, Status, Task, User, now
from csvapi.queue import progress
from csvapi.services import audit, credentials, files, quotas, resumable

FRESH = timedelta(minutes=10)  # of a sign-in that proves who it is where there is no password
BATCH = 500
DROPPED = 1000  # objects that are deleted at once; the sweep deletes the others, to which no row refers


def leave(user: User, password: str, address: str, family: str) -> None:
    """Delete the user's account, files, tasks, keys, webhooks and sessions; running tasks are stopped.

    Raises InvalidInput for a wrong password or, where the account has none, for a sign-in that is not a fresh one;
    Conflict for the last administrator.
    """
    if user.has_password:
        credentials.prove(user, password, address, "/password")
    else:
        _check_fresh(family)
    with transaction() as session:
        quotas.lock(session, user.id)
        another_admin(session, user.id)
        credentials.shut_out(session, user.id)
        found = session.get_one(User, user.id)
        found.is_active, found.deletion_at = False, now()
        audit.add(session, Action.ACCOUNT_DELETED, user.id, f"user:{user.id}")
    finish(user.id)


def _check_fresh(family: str) -> None:
    with transaction() as session:
        began = session.scalar(select(RefreshFamily.created_at).where(RefreshFamily.id == family))
    if began is None or now() - began > FRESH:
        minutes = int(FRESH.total_seconds() // 60)
        raise InvalidInput(
            f"This account has no password: sign out, sign in again, and ask within {minutes} minutes",
            pointer="/password",
        )


def another_admin(session: Session, user_id: int) -> None:
    """Raise Conflict when the user is the last administrator."""
    admin = select(func.count()).select_from(User).where(User.is_admin, User.is_active)
    mine, others = session.scalar(admin.where(User.id == user_id)), session.scalar(admin.where(User.id != user_id))
    if mine and not others:
        raise Conflict("This is the last administrator; make another one first")


def finish_all() -> int:
    """Delete what is left of the accounts whose deletion was cut off; returns the number of these accounts."""
    with transaction() as session:
        ids = session.scalars(select(User.id).where(User.deletion_at.is_not(None)).limit(BATCH)).all()
    for user_id in ids:
        finish(user_id)
    return len(ids)


def finish(user_id: int) -> None:
    """Delete what is left of an account that nobody can use any more; safe to call again."""
    with transaction() as session:
        running = session.scalars(select(Task.id).where(Task.user_id == user_id, Task.status == Status.RUNNING)).all()
    for task_id in running:
        progress.ask_to_stop(runtime().redis, task_id)
    while _batch_of_tasks(user_id):
        pass
    resumable.forget_all_of(user_id)
    dropped = 0
    while keys := _batch_of_files(user_id):
        for key in keys[: max(0, DROPPED - dropped)]:
            files.drop(key)
        dropped += len(keys)
    with transaction() as session:
        user = session.get(User, user_id)
        if user is not None:
            session.execute(delete(Mail).where(Mail.email == user.email))
            session.execute(delete(User).where(User.id == user_id))


def _batch_of_tasks(user_id: int) -> bool:
    """Delete some of the tasks; the worker of a running one finds that its row is gone and stops."""
    with transaction() as session:
        ids = session.scalars(select(Task.id).where(Task.user_id == user_id).limit(BATCH)).all()
        session.execute(delete(Task).where(Task.id.in_(ids)))
    return bool(ids)


def _batch_of_files(user_id: int) -> list[str]:
    """Delete the rows of some of the files; returns the storage keys of their objects and indices."""
    some = select(File.id, File.storage_key, File.index_key).where(File.user_id == user_id).limit(BATCH)
    with transaction() as session:
        rows = session.execute(some).all()
        session.execute(delete(File).where(File.id.in_([row.id for row in rows])))
    return [key for row in rows for key in (row.storage_key, row.index_key) if key]
