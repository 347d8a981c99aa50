"""Whose task is next: every user has a few tasks on the queue, the others wait in the database for their turn.

The queue is first come, first served, so a user's first task is never behind more than a few of each other user,
however many thousand they asked for. A task that waits has no `queued_at`; one is handed over for each that ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import select, update

from csvapi.errors import Unavailable
from csvapi.extensions import runtime, transaction
from csvapi.models import Status, Task, now
from csvapi.services import quotas

log = structlog.get_logger(__name__)
_WAITING = (Task.status == Status.QUEUED, Task.queued_at.is_(None))


def dispatch(user_id: int) -> None:
    """Hand the user's oldest waiting tasks to the queue, as many as there are turns.

    A queue or a database that is down loses nothing: the reaper does what was not done.
    """
    try:
        for task_id in _take_turns(user_id):
            runtime().jobs.enqueue(task_id)
    except Unavailable as error:
        log.warning("tasks_wait_for_the_reaper", user_id=user_id, reason=str(error))


def _take_turns(user_id: int) -> Sequence[str]:
    waiting = select(Task.id).where(Task.user_id == user_id, *_WAITING).order_by(Task.created_at, Task.id)
    with transaction() as session:
        if session.scalar(waiting.limit(1)) is None:  # mostly so: no lock then
            return ()
    with transaction() as session:
        quotas.lock(session, user_id)
        ids = session.scalars(waiting.limit(quotas.active(session, user_id).turns)).all()
        session.execute(update(Task).where(Task.id.in_(ids), *_WAITING).values(queued_at=now()))
    return ids


def dispatch_all() -> None:
    """The same for every user who waits: what a worker that died between two tasks left undone."""
    with transaction() as session:
        users = session.scalars(select(Task.user_id).where(*_WAITING).distinct()).all()
    for user_id in users:
        dispatch(user_id)
