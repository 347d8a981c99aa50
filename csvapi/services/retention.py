"""Deleting what has expired, and what is left of deleted accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, delete, func, select, update

from csvapi.extensions import changed, runtime, transaction
from csvapi.models import ACTIVE, FINISHED, File, Task, now
from csvapi.services import (
    account_deletion,
    audit,
    files,
    idempotency,
    invitations,
    mailing,
    quotas,
    resumable,
    source_scans,
    tokens,
    webhook_outbox,
)
from csvapi.services.files_in_use import in_use
from csvapi.services.single_sign_on import identities

BATCH = 200
_FORGOTTEN = (
    tokens.forget_expired,
    idempotency.forget_expired,
    webhook_outbox.forget_expired,
    mailing.forget_expired,
    invitations.forget_expired,
    identities.forget_expired,
    audit.forget_expired,
    resumable.forget_expired,
    source_scans.forget_old,
)
SURPLUS = 10_000  # tasks of a user that one round deletes; the next one goes on


def delete_expired() -> int:
    """Delete everything that has expired, from tasks to audit entries, in batches; returns the number of rows.

    A file that an unfinished task reads stays until the task has finished. The row is deleted before the object, so
    that no row ever refers to an object that is gone.
    """
    rows = _delete_tasks() + _delete_surplus() + _delete_files() + sum(forget() for forget in _FORGOTTEN)
    account_deletion.finish_all()
    return rows


def _delete_tasks() -> int:
    total = 0
    while True:
        over = select(Task.id).where(Task.expires_at < now(), Task.status.not_in(ACTIVE)).limit(BATCH)
        with transaction() as session:
            total += (gone := changed(session.execute(delete(Task).where(Task.id.in_(session.scalars(over).all())))))
        if gone < BATCH:
            return total


def _delete_surplus() -> int:
    """Delete users' tasks beyond CSVAPI_MAX_KEPT_TASKS; the results stay until they expire."""
    most = runtime().settings.max_kept
    count = func.count()
    with transaction() as session:
        over = session.execute(select(Task.user_id, count).group_by(Task.user_id).having(count > most)).all()
    return sum(_delete_oldest(user_id, min(kept - most, SURPLUS)) for user_id, kept in over)


def _delete_oldest(user_id: int, surplus: int) -> int:
    """Delete a number of a user's oldest finished tasks; the reasons that belong to them expire now."""
    mine = (Task.user_id == user_id, Task.status.in_(FINISHED))
    with transaction() as session:
        oldest = select(Task.id, Task.reasons_file_id).where(*mine).order_by(Task.finished_at, Task.id)
        found = session.execute(oldest.limit(surplus)).all()
    total = 0
    for start in range(0, len(found), BATCH):
        batch = found[start : start + BATCH]
        ids, reasons = [row.id for row in batch], [row.reasons_file_id for row in batch if row.reasons_file_id]
        with transaction() as session:
            session.execute(update(File).where(File.id.in_(reasons), File.expires_at > now()).values(expires_at=now()))
            total += changed(session.execute(delete(Task).where(Task.id.in_(ids), *mine)))
    return total


def _delete_files() -> int:
    """Delete expired files user by user, because each user's unfinished tasks say which files must stay."""
    total = 0
    with transaction() as session:
        users = session.scalars(select(File.user_id).where(File.expires_at < now()).distinct()).all()
    for user_id in users:
        last = 0
        while rows := _expired(user_id, last):
            last = rows[-1].id
            total += _delete_unused(user_id, {row.id: [row.storage_key, row.index_key] for row in rows})
    return total


def _expired(user_id: int, last: int) -> Sequence[Row[int, str, str | None]]:
    named = select(File.id, File.storage_key, File.index_key)
    expired = named.where(File.user_id == user_id, File.expires_at < now(), File.id > last)
    with transaction() as session:
        return session.execute(expired.order_by(File.id).limit(BATCH)).all()


def _delete_unused(user_id: int, keys: dict[int, list[str | None]]) -> int:
    with transaction() as session:
        quotas.lock(session, user_id)
        unused = keys.keys() - in_use(session, user_id).keys()
        session.execute(delete(File).where(File.id.in_(unused)))
    for file_id in unused:
        for key in filter(None, keys[file_id]):
            files.drop(key)
    return len(unused)
