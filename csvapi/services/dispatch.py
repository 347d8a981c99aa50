"""Whose task is next: every user has a few tasks on the queue, the others wait in the database for their turn.

The queues are first come, first served, so a user's first task is never behind more than a few of each other user,
however many thousand they asked for; while others are there, a user has no more on them than workers may be theirs (see
`shares`). A task that waits has no `queued_at`; one is handed over for each that ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import func, select, update

from csvapi.errors import Unavailable
from csvapi.extensions import runtime, transaction
from csvapi.models import Status, Task, now
from csvapi.services import quotas, worker_shares

log = structlog.get_logger(__name__)
_WAITING = (Task.status == Status.QUEUED, Task.queued_at.is_(None))


def dispatch(user_id: int) -> None:
    """Hand the user's oldest waiting tasks to the queue, as many as there are turns.

    A queue or a database that is down loses nothing: the reaper does what was not done.
    """
    worker_shares.there(user_id)
    try:
        hand_over(_take_turns(user_id))
    except Unavailable as error:
        log.warning("tasks_wait_for_the_reaper", user_id=user_id, reason=str(error))


def hand_over(task_ids: Sequence[str]) -> None:
    """Put tasks on the queue for their size. Raises QueueDown, DatabaseDown."""
    small = worker_shares.small_ones(task_ids) if task_ids else set()
    for task_id in task_ids:
        runtime().jobs.enqueue(task_id, small=task_id in small)


def _take_turns(user_id: int) -> Sequence[str]:
    waiting = select(Task.id).where(Task.user_id == user_id, *_WAITING).order_by(Task.created_at, Task.id)
    with transaction() as session:
        if session.scalar(waiting.limit(1)) is None:  # mostly so: no lock then
            return ()
    most = worker_shares.share(user_id)
    with transaction() as session:
        quotas.lock(session, user_id)
        ids = session.scalars(waiting.limit(quotas.active(session, user_id).turns(most))).all()
        session.execute(update(Task).where(Task.id.in_(ids), *_WAITING).values(queued_at=now()))
    return ids


def dispatch_all() -> None:
    """The same for every user who waits: what a worker that died between two tasks left undone."""
    queued = select(Task.user_id, func.count(Task.queued_at) < func.count()).where(Task.status == Status.QUEUED)
    with transaction() as session:
        found = session.execute(queued.group_by(Task.user_id)).all()
    worker_shares.there(*(user_id for user_id, _ in found))
    for user_id, for_a_turn in found:
        if for_a_turn:
            dispatch(user_id)
