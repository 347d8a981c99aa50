"""The metrics an operator watches: tasks, the queue, workers, leases, stored bytes, quotas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from csvapi.errors import Unavailable
from csvapi.extensions import runtime, transaction
from csvapi.models import File, Status, Task, User, now
from csvapi.queue import counters
from csvapi.services import health
from csvapi.services.quotas import STORED

Figure = tuple[str, dict[str, str], float]  # name, labels, value
NEARLY = 0.9  # the share of the quota from which a user counts as near it

COUNTERS = {
    "tasks_finished": ("Tasks that a worker ended", ("operation", "status")),
    "task_seconds": ("Time that workers spent on tasks", ("operation",)),
    "task_wait_seconds": ("Time that tasks waited for a worker", ("operation",)),
    "task_bytes": ("Bytes that tasks read and wrote", ("operation", "direction")),
    "task_records": ("Records that tasks read and kept", ("operation", "direction")),
}
GAUGES = {
    "up": ("Whether the part can be reached", ("part",)),
    "tasks": ("Tasks in the database", ("status", "operation")),
    "tasks_waiting_for_turn": ("Queued tasks of users who have many others on the queue", ()),
    "queue_oldest_seconds": ("Age of the oldest task that was handed to the queue and not begun", ()),
    "queue_jobs": ("Jobs on the queues, of small tasks and of others", ()),
    "workers": ("Workers whose loop has given a sign of life in the last 15 seconds", ()),
    "schedulers": ("Schedulers whose loop has given a sign of life in the last 15 seconds", ()),
    "leases": ("Running tasks whose worker renews its lease in time, or does not", ("state",)),
    "users": ("Accounts", ()),
    "users_near_quota": ("Users who have stored nine tenths of what they may", ()),
    "files": ("Stored files", ("kind",)),
    "stored_bytes": ("Bytes of stored files", ("kind",)),
    "files_expired": ("Files whose time is over and that are still there", ()),
    "storage_free_bytes": ("Bytes that can still be stored", ()),
}


def of_ended(task: Task, status: Status, seconds: float) -> dict[counters.Name, float]:
    """What is counted of a task that this worker ended, in so many seconds."""
    operation = task.operation
    amounts: dict[counters.Name, float] = {
        ("tasks_finished", operation, status): 1,
        ("task_seconds", operation): seconds,
    }
    if task.queued_at and task.started_at:
        amounts["task_wait_seconds", operation] = max((task.started_at - task.queued_at).total_seconds(), 0)
    return amounts


def of_work(task: Task, receipt: dict[str, dict[str, int]]) -> dict[counters.Name, float]:
    """What a succeeded task has read and kept."""
    return {
        ("task_bytes", task.operation, "in"): receipt["input"]["bytes"],
        ("task_bytes", task.operation, "out"): receipt["output"]["bytes"],
        ("task_records", task.operation, "in"): receipt["records"]["in"],
        ("task_records", task.operation, "out"): receipt["records"]["kept"],
    }


def worker_counters() -> Iterator[Figure]:
    """Everything that workers have counted, with its labels."""
    for (name, *values), amount in counters.read(runtime().redis).items():
        if name in COUNTERS:
            yield name, dict(zip(COUNTERS[name][1], values, strict=True)), amount


def gauges() -> Iterator[Figure]:
    """The present state, by a few counting queries; a part that cannot be reached has only its `up`."""
    for part, state in health.report().items():
        if part != "status":
            yield "up", {"part": part}, float(state == "ok")
    for ask in (_queue, _database, _storage):
        try:
            yield from list(ask())
        except (Unavailable, OSError):
            continue


def _queue() -> Iterator[Figure]:
    jobs, alive = runtime().jobs.figures()
    yield "queue_jobs", {}, jobs
    for program, count in alive.items():
        yield f"{program}s", {}, count


def _storage() -> Iterator[Figure]:
    yield "storage_free_bytes", {}, runtime().storage.free()


def _database() -> Iterator[Figure]:
    with transaction() as session:
        for ask in _QUERIES:
            yield from ask(session, now())


def _tasks(session: Session, at: datetime) -> Iterator[Figure]:
    rows = session.execute(select(Task.status, Task.operation, func.count()).group_by(Task.status, Task.operation))
    for status, operation, count in rows:
        yield "tasks", {"status": status, "operation": operation}, count
    queued = select(func.count(), func.count(Task.queued_at), func.min(Task.queued_at))
    every, handed_over, oldest = session.execute(queued.where(Task.status == Status.QUEUED)).one()
    yield "tasks_waiting_for_turn", {}, every - handed_over
    yield "queue_oldest_seconds", {}, (at - oldest).total_seconds() if oldest else 0


def _leases(session: Session, at: datetime) -> Iterator[Figure]:
    running = select(func.count()).where(Task.status == Status.RUNNING)
    yield "leases", {"state": "held"}, session.scalar(running.where(Task.lease_expires_at >= at)) or 0
    yield "leases", {"state": "expired"}, session.scalar(running.where(Task.lease_expires_at < at)) or 0


def _files(session: Session, at: datetime) -> Iterator[Figure]:
    for kind, count, size in session.execute(select(File.kind, func.count(), STORED).group_by(File.kind)):
        yield "files", {"kind": kind}, count
        yield "stored_bytes", {"kind": kind}, float(size)
    yield "files_expired", {}, session.scalar(select(func.count()).where(File.expires_at < at)) or 0


def _users(session: Session, _at: datetime) -> Iterator[Figure]:
    yield "users", {}, session.scalar(select(func.count()).select_from(User)) or 0
    near = NEARLY * runtime().settings.max_stored
    full = (
        select(File.user_id).group_by(File.user_id).where(File.on_cluster.is_(False)).having(near < STORED).subquery()
    )
    yield "users_near_quota", {}, session.scalar(select(func.count()).select_from(full)) or 0


_QUERIES: tuple[Callable[[Session, datetime], Iterator[Figure]], ...] = (_tasks, _leases, _files, _users)
