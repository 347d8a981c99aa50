"""The reaper: after any failure, every task goes on or ends. Safe to run twice, and concurrently."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select, update

from csvapi.errors import CsvapiError, TimedOut, WorkerLost
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Status, Task, now
from csvapi.queue import progress
from csvapi.services import leases, worker_shares
from csvapi.services.attempt_files import clear
from csvapi.services.dispatch import dispatch, dispatch_all, hand_over

log = structlog.get_logger(__name__)
SETTLED = timedelta(seconds=2)  # how long a task runs at least before it is handed back for another user's
UNCLAIMED = timedelta(seconds=5)  # how long a task may take from the queue to a worker


def reap() -> int:
    """Give up attempts with an expired lease, queue lost jobs again, make room; returns how many there were.

    Raises QueueDown or DatabaseDown if one of them is down; the next round does it then.
    """
    found = _reap_expired() + _reap_unknown()
    dispatch_all()
    return found + make_room()


def _reap_expired() -> int:
    at = now()
    with transaction() as session:
        silent = session.scalars(select(Task).where(Task.status == Status.RUNNING, Task.lease_expires_at < at)).all()
    cause = WorkerLost("The worker was lost while it ran the task")
    return sum(_give_up(task, cause, only_before=at) for task in silent)


def _reap_unknown() -> int:
    """Queue tasks again whose job is lost, with the queue's data or with the worker that took it."""
    at = now()
    unclaimed = (Task.status == Status.QUEUED, Task.queued_at < at - UNCLAIMED)
    with transaction() as session:
        ids = set(session.scalars(select(Task.id).where(*unclaimed)))
    lost = ids - runtime().jobs.waiting() if ids else ids
    for task_id in lost:
        with transaction() as session:
            again = update(Task).where(Task.id == task_id, *unclaimed).values(queued_at=at)
            claimed_meanwhile = not changed(session.execute(again))
        if not claimed_meanwhile:
            log.warning("task_put_on_the_queue_again", task_id=task_id, reason="the queue does not know it")
            hand_over([task_id])
    return len(lost)


def make_room() -> int:
    """Hand back a task of each user who holds every worker while other users' tasks wait; returns how many.

    The youngest task is chosen: that loses the least work, and the older ones go on to their ends. It runs again from
    the start at its next turn, and does not lose an attempt.
    """
    with transaction() as session:
        running = select(Task.user_id, func.count()).where(Task.status == Status.RUNNING).group_by(Task.user_id)
        counts = session.execute(running).all()
    most = worker_shares.but_one() if counts else 0
    return sum(_hand_back(user_id) for user_id, count in counts if count > most)


def _hand_back(user_id: int) -> int:
    others = (Task.status == Status.QUEUED, Task.queued_at.is_not(None), Task.user_id != user_id)
    mine = (Task.status == Status.RUNNING, Task.user_id == user_id)
    with transaction() as session:
        if session.scalar(select(Task.id).where(*others).limit(1)) is None:
            return 0
        youngest = session.scalars(select(Task).where(*mine).order_by(Task.started_at.desc()).limit(1)).first()
    if youngest is None or youngest.started_at is None or now() - youngest.started_at < SETTLED:
        return 0  # a short one that ends by itself
    given = leases.give_up(youngest, WorkerLost("The task was handed back for another user's"), blameless=True)
    if given:
        log.info("task_handed_back", task_id=youngest.id, reason="another user waits, and this one holds every worker")
        progress.ask_to_stop(runtime().redis, youngest.id)
        progress.notify(runtime().redis, youngest.id)
    return int(given)


def abandoned(task_id: str, owner: str, cause: CsvapiError, *, blameless: bool = False) -> None:
    """Finish or hand back the task of a worker's dead process, unless the process had finished it."""
    with transaction() as session:
        held = (Task.id == task_id, Task.status == Status.RUNNING, Task.lease_owner == owner)
        task = session.scalar(select(Task).where(*held))
    if task is None:
        return
    limit = runtime().settings.longest_task
    if task.started_at is not None and now() - task.started_at > timedelta(seconds=limit):
        cause = TimedOut(f"The task ran longer than the limit of {limit} seconds", limit=limit)
    _give_up(task, cause, blameless=blameless)


def _give_up(task: Task, cause: CsvapiError, *, blameless: bool = False, only_before: datetime | None = None) -> bool:
    given_up = leases.give_up(task, cause, blameless=blameless, only_before=only_before)
    if given_up:
        log.warning(
            "attempt_given_up",
            task_id=task.id,
            request_id=task.request_id,
            attempt=task.attempt,
            worker=task.lease_owner,
            reason=cause.detail,
        )
        clear(task)
        progress.notify(runtime().redis, task.id)
        dispatch(task.user_id)
    return given_up
