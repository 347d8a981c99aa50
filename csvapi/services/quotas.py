"""What a user may store and have running, counted in the transaction that adds to it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import CursorResult, and_, case, func, select, update
from sqlalchemy.orm import Session

from csvapi.csvio.disk import Limits
from csvapi.errors import NotFound, QuotaExceeded
from csvapi.extensions import runtime, transaction
from csvapi.models import ACTIVE, ApiKey, File, HashKey, Saved, Status, Task, User, Webhook
from csvapi.recent import HARMLESS

_INDEX = func.coalesce(File.index_size, 0)
# of a file that is registered only its index is stored
STORED = func.coalesce(func.sum(case((File.object_url.is_(None), File.size), else_=0) + _INDEX), 0)


def lock(session: Session, user_id: int) -> None:
    """Let no other transaction count the usage of this user until this one ends.

    An UPDATE that changes nothing locks the row on a server, and all of SQLite, which has no SELECT FOR UPDATE. Call
    this as the first statement of a transaction: later reads are then up to date. A later call could deadlock: a server
    that checks a foreign key to the user (of a new row, and also of a task's new status) has already taken a shared
    lock of the user's row. Two transactions with that lock would wait for each other here, and one would be rolled
    back. Raises NotFound if the account is gone.
    """
    same = update(User).where(User.id == user_id).values(is_active=User.is_active)
    found = session.execute(same, execution_options=HARMLESS)
    if isinstance(found, CursorResult) and not found.rowcount:
        raise NotFound("The account has been deleted")


def place(session: Session, user_id: int, kind: type[ApiKey | HashKey | Webhook | Saved], most: int, what: str) -> None:
    """Lock the user; raise QuotaExceeded if they have `most` of a kind. For a transaction that adds one."""
    lock(session, user_id)
    count = session.scalar(select(func.count()).where(kind.user_id == user_id)) or 0
    if count >= most:
        raise QuotaExceeded(f"You have {count} {what}, the most there may be; delete some", limit=most)


def room(session: Session, user_id: int, size: int = 1, more: int = 1, *, on_cluster: bool = False) -> int:
    """The bytes the user may still store. Raises QuotaExceeded if `size` bytes, or `more` files, are too much.

    Neither may exceed what all users together may store (CSVAPI_MAX_STORED_TOTAL). Results that were made on the
    cluster have a quota of their own.
    """
    settings = runtime().settings
    stored, count, own = stored_by(session, user_id, on_cluster=on_cluster)
    most = settings.cluster_max_stored if on_cluster else settings.max_stored if own is None else own
    if most - stored < size:
        what = "results from the cluster" if on_cluster else "files"
        raise QuotaExceeded(f"Your {what} take {stored} of your {most} bytes; delete some", limit=most)
    _check_count(count + more)
    left = most - stored
    return min(left, _room_of_all(session, size)) if settings.max_stored_total else left


def one_more_file(session: Session, user_id: int) -> None:
    """Raise QuotaExceeded if the user may not have another file, whatever its size."""
    _check_count(stored_by(session, user_id)[1] + 1)


def stored_by(session: Session, user_id: int, *, on_cluster: bool = False) -> tuple[int, int, int | None]:
    """The bytes that the user stores, here or as results from the cluster; the number of all files; the own limit."""
    own = select(User.max_stored).where(User.id == user_id).scalar_subquery()
    there = File.on_cluster.is_(on_cluster)
    size = case((and_(File.object_url.is_(None), there), File.size), else_=0) + case((there, _INDEX), else_=0)
    total = select(func.coalesce(func.sum(size), 0), func.count(), own).where(File.user_id == user_id)
    stored, count, limit = session.execute(total).one()
    return int(stored), count, limit


def _check_count(count: int) -> None:
    most = runtime().settings.max_files
    if count > most:
        raise QuotaExceeded(f"You have {most} files, the most there may be; delete some", limit=most)


def _room_of_all(session: Session, size: int) -> int:
    """The bytes that all users together may still store; raises QuotaExceeded if `size` bytes are too much.

    Concurrent transactions wait here for each other: every one of them locks the first user's row after its own user's.
    """
    most = runtime().settings.max_stored_total
    first = session.scalar(select(func.min(User.id)))
    same = update(User).where(User.id == first).values(is_active=User.is_active)
    session.execute(same, execution_options=HARMLESS)
    stored = int(session.scalar(select(STORED)) or 0)
    if most - stored < size:
        detail = f"The files of all users take {stored} of the {most} bytes this service may store; tell its operator"
        raise QuotaExceeded(detail, limit=most)
    return most - stored


def limits(user_id: int, *, on_cluster: bool = False) -> Limits:
    """What a task of the user may write, including the user's quota; raises what `room` raises."""
    settings = runtime().settings
    with transaction() as session:
        left = room(session, user_id, on_cluster=on_cluster)
    output = settings.cluster_max_file if on_cluster else settings.max_output
    return Limits(quota=left, output=output, reserve=settings.disk_reserve)


@dataclass(frozen=True, slots=True)
class Active:
    """A user's unfinished tasks: `queued` ones, and those `handed_over`, which are on the queue or running."""

    queued: int
    handed_over: int

    def turns(self, most: int) -> int:
        """How many more tasks may go on the queue, if `most` may be there or running (see `worker_shares`)."""
        return max(0, most - self.handed_over)


def active(session: Session, user_id: int) -> Active:
    """The numbers of the user's unfinished tasks."""
    counts = session.execute(
        select(Task.status, func.count(), func.count(Task.queued_at))
        .where(Task.user_id == user_id, Task.status.in_(ACTIVE))
        .group_by(Task.status)
    ).all()
    queued = sum(all_ for status, all_, _ in counts if status == Status.QUEUED)
    handed_over = sum(on_queue if status == Status.QUEUED else all_ for status, all_, on_queue in counts)
    return Active(queued, handed_over)


def one_more(session: Session, user_id: int) -> Active:
    """The numbers before another task is queued. Raises QuotaExceeded if no other may be."""
    limit = runtime().settings.max_queued
    found = active(session, user_id)
    if found.queued >= limit:
        raise QuotaExceeded(f"You have {found.queued} queued tasks, the most there may be", limit=limit, retry_after=5)
    return found
