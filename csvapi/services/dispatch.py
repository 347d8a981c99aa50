"""Whose task is next: every user has a few tasks on the queue; their others wait in the database.

The queues are first in, first out, so a user's first task waits for at most a few tasks of each other user, however
many thousand those have submitted. While other users are active, a user has no more tasks on the queue than their share
of the workers (see `worker_shares`). A waiting task has no `queued_at`; each task that ends lets another one onto the
queue.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import func, select, update

from csvapi.errors import Unavailable
from csvapi.extensions import runtime, transaction
from csvapi.models import Status, Task, now
from csvapi.services import quotas, worker_shares
from csvapi.services.quotas import WAITING

log = structlog.get_logger(__name__)


def dispatch(user_id: int) -> None:
    """Put the user's oldest waiting tasks on the queue, as many as the user may have there.

    If the queue or the database is down nothing is lost: the reaper does it later.
    """
    worker_shares.there(user_id)
    try:
        hand_over(_take_turns(user_id))
    except Unavailable as error:
        log.warning("tasks_wait_for_the_reaper", user_id=user_id, reason=str(error))


def hand_over(task_ids: Sequence[str]) -> None:
    """Put the tasks on the queue that suits their size. Raises QueueDown, DatabaseDown."""
    small = worker_shares.small_ones(task_ids) if task_ids else set()
    for task_id in task_ids:
        runtime().jobs.enqueue(task_id, small=task_id in small)


def _take_turns(user_id: int) -> Sequence[str]:
    waiting = select(Task.id).where(Task.user_id == user_id, *WAITING).order_by(Task.created_at, Task.id)
    with transaction() as session:
        if session.scalar(waiting.limit(1)) is None:  # mostly so: no lock then
            return ()
    most = worker_shares.share(user_id)
    with transaction() as session:
        quotas.lock(session, user_id)
        ids = session.scalars(waiting.limit(quotas.active(session, user_id).turns(most))).all()
        session.execute(update(Task).where(Task.id.in_(ids), *WAITING).values(queued_at=now()))
    return ids


def dispatch_all() -> None:
    """Do the same for every user with waiting tasks, in case a worker died between two tasks."""
    queued = select(Task.user_id, func.count(Task.queued_at) < func.count()).where(Task.status == Status.QUEUED)
    with transaction() as session:
        found = session.execute(queued.group_by(Task.user_id)).all()
    worker_shares.there(*(user_id for user_id, _ in found))
    for user_id, for_a_turn in found:
        if for_a_turn:
            dispatch(user_id)
