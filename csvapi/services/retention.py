"""Deleting what has expired, and what is left of deleted accounts."""

from __future__ import annotations

from sqlalchemy import delete, select

from csvapi.extensions import transaction
from csvapi.jobs import signs
from csvapi.models import ACTIVE, File, Task, now
from csvapi.services import audit, departure, files, idempotency, invitations, mailing, outbox, tokens
from csvapi.services.leases import changed

BATCH = 200
_FORGOTTEN = (
    tokens.forget_expired,
    idempotency.forget_expired,
    outbox.forget_expired,
    mailing.forget_expired,
    invitations.forget_expired,
    audit.forget_expired,
)


def delete_expired() -> int:
    """Delete what has expired, from tasks to lines of the audit log, in batches; returns how many rows went.

    A file that a queued or running task reads stays until the task is finished. The row goes first, then the object:
    whatever happens between the two, no row ever names an object that is gone.
    """
    rows = _delete_tasks() + _delete_files() + sum(forget() for forget in _FORGOTTEN)
    departure.finish_all()
    return rows


def _delete_tasks() -> int:
    total = 0
    while True:
        over = select(Task.id).where(Task.expires_at < now(), Task.status.not_in(ACTIVE)).limit(BATCH)
        with transaction() as session:
            total += (gone := changed(session.execute(delete(Task).where(Task.id.in_(session.scalars(over).all())))))
        if gone < BATCH:
            return total


def _delete_files() -> int:
    total = 0
    while True:
        in_use = select(Task.id).where(Task.status.in_(ACTIVE), Task.file_id == File.id).exists()
        with transaction() as session:
            batch = session.execute(
                select(File.id, File.storage_key).where(File.expires_at < now(), ~in_use).limit(BATCH)
            ).all()
            session.execute(delete(File).where(File.id.in_([row.id for row in batch])))
        for row in batch:
            signs.give()
            files.drop(row.storage_key)
        total += len(batch)
        if len(batch) < BATCH:
            return total
